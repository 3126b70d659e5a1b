//! A stand-in for a database: a shell that surrounds itself with every kind of process that is hard to end.

use std::collections::BTreeMap;

use standfast_guard::protocol::Reply;
use standfast_units::Timestamp;

use crate::support::{Agent, Place, lives, number_in, state_of, until};

/// Each process writes its id to a file of its name.
const UNRULY: &str = r#"
cd "$1"
trap '' TERM
sh -c 'echo $$ > ../plain; exec sleep 1000' &
setsid sh -c 'echo $$ > ../setsid; exec sleep 1000' &
sh -c 'trap "" QUIT TERM INT HUP; echo $$ > ../stubborn; while :; do sleep 1; done' &
sh -c 'echo $$ > ../stopped; kill -STOP $$' &
(setsid sh -c 'echo $$ > ../orphan; exec sleep 1000' &) &
(cd / && setsid sh -c 'echo $$ > "$0/../elsewhere"; exec sleep 1000' "$1" &) &
trap '' QUIT
echo $$ > ../first
while :; do sleep 1; done
"#;

/// All of them, by name.
pub(crate) struct Unruly(BTreeMap<&'static str, u32>);

impl Unruly {
    pub(crate) fn start(place: &Place, agent: &mut Agent, deadline: Option<Timestamp>) -> Self {
        let data = place.path("data");
        let arguments = ["-c", UNRULY, "database", data.to_str().unwrap()];
        assert_eq!(agent.start("/bin/sh", &arguments, deadline), Reply::Ok);
        let names = [
            "first",
            "plain",
            "setsid",
            "stubborn",
            "stopped",
            "orphan",
            "elsewhere",
        ];
        let all = names.map(|name| {
            let path = place.path(name);
            (name, until(name, || number_in(&path)))
        });
        let unruly = Self(all.into());
        let stopped = unruly.pid("stopped");
        until("a stopped process", || {
            (state_of(stopped) == Some('T')).then_some(())
        });
        unruly
    }

    pub(crate) fn pid(&self, name: &str) -> u32 {
        self.0[name]
    }

    pub(crate) fn assert_all_live(&self) {
        for (name, pid) in &self.0 {
            assert!(lives(*pid), "{name} has ended");
        }
    }

    pub(crate) fn assert_none_lives(&self) {
        for (name, pid) in &self.0 {
            assert!(!lives(*pid), "{name} lives");
        }
    }
}
