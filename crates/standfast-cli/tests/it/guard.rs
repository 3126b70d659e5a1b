//! A guard that is killed or stopped, with its agent and database left alone.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use crate::history::{none, stale};
use crate::process::{self, Stopped};
use crate::system::{STANDBY, System};
use crate::time::{now, until};

#[test]
fn the_database_of_a_killed_guard_ends_and_is_started_again() {
    let system = System::up("guard-killed");
    let before = system.status();
    let primary = before.primary();
    let writer = system.writer("proxied", system.proxy(STANDBY));
    let database = process::families([primary.pid("database")]);

    process::kill([primary.pid("guard")]);
    until("no process of that database remains", || {
        (!database.iter().any(|pid| process::runs(*pid))).then_some(())
    });
    let after = system.reaches("it is whole again", |status| {
        status.is_complete()
            && !status
                .node(primary.name())
                .has_pid("guard", primary.pid("guard"))
    });
    writer.acknowledges();
    let history = writer.end();
    system.accounts_for(std::slice::from_ref(&history));
    if after.holder() == before.holder() {
        none(
            "confirmed rows are lost",
            &history.lost(&system.rows(&after.primary())),
        );
    }
}

#[test]
fn the_permit_of_a_killed_guard_leads_nowhere() {
    let system = System::up("guard-permit");
    let primary = system.status().primary();
    let data = system.data(&primary);
    let permit = process::argument(primary.pid("guard"), "--run").join("permit.conf");
    fs::metadata(&permit).expect("there is a permit while the guard runs");

    // Its agent starts no other guard meanwhile.
    let stopped = Stopped::one(primary.pid("agent"));
    process::kill([primary.pid("guard")]);
    until("no process of the data folder remains", || {
        process::of_data_folder(&data).is_empty().then_some(())
    });
    fs::symlink_metadata(&permit).expect("nobody has removed it");
    // Not found, or forbidden while its agent has not collected it: a server cannot read it either way.
    fs::read(&permit).expect_err("the permit is gone with its guard");

    stopped.go_on();
    system.reaches("it is whole again", |status| {
        status.is_complete()
            && !status
                .node(primary.name())
                .has_pid("guard", primary.pid("guard"))
    });
}

/// A stopped guard cannot fence. Its agent cannot renew (P4), and kills it when the deadline has passed;
/// the kernel then ends the database (P5).
#[test]
fn a_stopped_guard_neither_keeps_the_lease_nor_the_database() {
    let system = System::up("guard-stopped");
    let before = system.status();
    let primary = before.primary();
    let database = process::families([primary.pid("database")]);
    let direct = system.writer("direct", primary.address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    let stopped = Stopped::one(primary.pid("guard"));
    until("no process of that database remains", || {
        (!database.iter().any(|pid| process::runs(*pid))).then_some(())
    });
    let fenced_at = now();
    let taken = system.reaches("somebody serves under a new epoch", |status| {
        status.serves() && status.epoch() > before.epoch()
    });
    proxied.acknowledges();

    stopped.go_on();
    let after = system.complete();
    assert_eq!(
        (after.epoch(), after.holder()),
        (taken.epoch(), taken.holder())
    );
    let (direct, proxied) = (direct.end(), proxied.end());
    none(
        "confirmations are stale",
        &stale([&direct, &proxied], &[&direct, &proxied]),
    );
    if taken.holder() != before.holder() {
        none(
            "writes were confirmed too late",
            &direct.acknowledged_after(fenced_at),
        );
    }
    system.accounts_for(&[direct, proxied]);
}

/// A process that has nothing to do with any system, but runs as the user of one.
struct Stranger(Child);

impl Stranger {
    fn beside(data: &Path) -> Self {
        let mut command = Command::new("sleep");
        command.arg("1000");
        if rustix::process::geteuid().is_root() {
            let owner = fs::metadata(data).unwrap();
            command.uid(owner.uid()).gid(owner.gid());
        }
        Self(command.spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `PostgreSQL` refuses to start while the process in its lock file lives, whatever it is by now: after a
/// reboot the number may belong to any process, and a killed server that its parent has not collected counts.
#[test]
fn a_lock_file_that_names_a_stranger_does_not_keep_the_server_down() {
    let system = System::up("lock-file");
    let before = system.status();
    let primary = before.primary();
    let data = system.data(&primary);
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    // Its agent starts no other guard meanwhile.
    let stopped = Stopped::one(primary.pid("agent"));
    process::kill([primary.pid("guard")]);
    until("no process of the data folder remains", || {
        process::of_data_folder(&data).is_empty().then_some(())
    });
    let stranger = Stranger::beside(&data);
    fs::write(
        data.join("postmaster.pid"),
        format!("{}\n", stranger.0.id()),
    )
    .unwrap();
    stopped.go_on();

    // Under the same right when recovery takes less than a second, as a follower when it takes longer
    // and the right was handed on (P15): either way it is not kept down.
    system.complete();
    assert!(!process::of_data_folder(&data).is_empty());
    proxied.acknowledges();
    system.accounts_for(&[proxied.end()]);
}
