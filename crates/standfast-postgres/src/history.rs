//! Timeline history files, and how a promotion is forced onto a given timeline (P11).
//!
//! `PostgreSQL` looks for `<n>.history` above its own timeline, one number after the other, and takes
//! the first that is missing (`findNewestTimeLine`). To make it take a reserved number, the files below
//! that number are filled up with placeholders: a comment and no ancestors. A standby that meets one
//! says "not a child of this server's history" and stays where it is; one that follows the new primary
//! fetches them all, because `walreceiver.c` asks for every number in between, and then reads only the
//! newest, which is real.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use standfast_replication::Error;
use standfast_units::{Lsn, Timeline};

use crate::files;

/// First words of a placeholder; `#` begins a comment for `PostgreSQL`'s readers.
const PLACEHOLDER: &str = "# standfast: this timeline was never written on\n";

/// The ancestors of one timeline, oldest first, each with where it was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimelineHistory {
    pub(crate) ancestors: Vec<(Timeline, Lsn)>,
}

/// A history file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HistoryFile {
    /// Written by `PostgreSQL` at a promotion.
    Real(TimelineHistory),
    /// Written by us.
    Placeholder,
}

impl HistoryFile {
    fn parse(text: &str) -> Option<Self> {
        let mut ancestors = Vec::new();
        for line in text.lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.split_whitespace();
            ancestors.push((words.next()?.parse().ok()?, words.next()?.parse().ok()?));
        }
        // A crash may have left a placeholder created but not yet written.
        Some(
            if text.is_empty() || text.starts_with(PLACEHOLDER.trim_end()) {
                Self::Placeholder
            } else {
                Self::Real(TimelineHistory { ancestors })
            },
        )
    }
}

impl TimelineHistory {
    /// Where this history leaves `timeline`, if that is one of its ancestors.
    pub(crate) fn left_at(&self, timeline: Timeline) -> Option<Lsn> {
        self.ancestors
            .iter()
            .find_map(|(ancestor, at)| (*ancestor == timeline).then_some(*at))
    }
}

/// The folder of the log.
pub(crate) fn log_folder(data: &Path) -> PathBuf {
    data.join("pg_wal")
}

fn history_path(data: &Path, timeline: Timeline) -> PathBuf {
    log_folder(data).join(format!("{:08X}.history", timeline.get()))
}

/// The timeline of a history file's name.
fn timeline_of(name: &str) -> Option<Timeline> {
    let digits = name.strip_suffix(".history")?;
    if digits.len() != 8 {
        return None;
    }
    Timeline::new(u32::from_str_radix(digits, 16).ok()?)
}

/// Reads every history file of a folder.
pub(crate) fn read_all(data: &Path) -> Result<BTreeMap<Timeline, HistoryFile>, Error> {
    let folder = log_folder(data);
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&folder).map_err(files::failed("read", &folder))? {
        let entry = entry.map_err(files::failed("read", &folder))?;
        let name = entry.file_name();
        let Some(timeline) = name.to_str().and_then(timeline_of) else {
            continue;
        };
        let path = entry.path();
        let text = fs::read_to_string(&path).map_err(files::failed("read", &path))?;
        let file = HistoryFile::parse(&text).ok_or_else(|| Error::Contradiction {
            what: format!("{} is not a timeline history", path.display()),
        })?;
        found.insert(timeline, file);
    }
    Ok(found)
}

/// Makes `PostgreSQL` choose exactly `timeline` when a standby on timeline `from` is promoted next: every
/// number in between that has no history file gets a placeholder, durably.
pub(crate) fn reserve(data: &Path, from: Timeline, timeline: Timeline) -> Result<(), Error> {
    let known = read_all(data)?;
    let newest = known.keys().next_back().copied();
    let newest = newest.map_or(from, |newest| newest.max(from));
    if newest >= timeline {
        return Err(Error::Contradiction {
            what: format!(
                "cannot promote onto timeline {timeline}: the server already knows timeline {newest}"
            ),
        });
    }
    let skipped = (from.get() + 1..timeline.get())
        .filter_map(Timeline::new)
        .filter(|number| !known.contains_key(number));
    for number in skipped {
        let path = history_path(data, number);
        File::create_new(&path)
            .and_then(|mut file| {
                file.write_all(PLACEHOLDER.as_bytes())?;
                file.sync_all()
            })
            .map_err(files::failed("write", &path))?;
    }
    files::sync_folder(&log_folder(data))
}

/// Removes the placeholders above `timeline`. They may stand where another server has since written a
/// real history, which a standby fetches only while it has no file of that name.
pub(crate) fn forget_placeholders_above(data: &Path, timeline: Timeline) -> Result<(), Error> {
    for (number, file) in read_all(data)? {
        if number > timeline && file == HistoryFile::Placeholder {
            files::remove_durably(&history_path(data, number))?;
        }
    }
    Ok(())
}

/// The parent of a timeline and where it was left, from the timeline's own history.
pub(crate) fn origin(data: &Path, timeline: Timeline) -> Result<(Timeline, Lsn), Error> {
    let path = history_path(data, timeline);
    let text = fs::read_to_string(&path).map_err(files::failed("read", &path))?;
    match HistoryFile::parse(&text) {
        Some(HistoryFile::Real(history)) => history.ancestors.last().copied(),
        Some(HistoryFile::Placeholder) | None => None,
    }
    .ok_or_else(|| Error::Contradiction {
        what: format!("{} names no parent timeline", path.display()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn timeline(number: u32) -> Timeline {
        Timeline::new(number).unwrap()
    }

    fn folder() -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(log_folder(data.path())).unwrap();
        data
    }

    proptest! {
        #[test]
        fn no_text_panics_the_history_parser(text in ".*") {
            let _ = HistoryFile::parse(&text);
            let _ = timeline_of(&text);
        }
    }

    #[test]
    fn a_history_names_ancestors_and_where_they_were_left() {
        let text = "1\t0/3000110\tno recovery target specified\n\n# x\n4\t1/0\tno recovery\n";
        let Some(HistoryFile::Real(history)) = HistoryFile::parse(text) else {
            unreachable!();
        };
        assert_eq!(history.left_at(timeline(1)), Some(Lsn::new(0x300_0110)));
        assert_eq!(history.left_at(timeline(4)), Some(Lsn::new(1 << 32)));
        assert_eq!(history.left_at(timeline(2)), None);
        assert_eq!(HistoryFile::parse("1 x\n"), None);
        assert_eq!(
            HistoryFile::parse(PLACEHOLDER),
            Some(HistoryFile::Placeholder)
        );
    }

    #[test]
    fn a_reservation_fills_every_gap_below_it_and_keeps_what_is_real() {
        let data = folder();
        let real = "1\t0/3000110\tno recovery target specified\n";
        fs::write(history_path(data.path(), timeline(3)), real).unwrap();
        reserve(data.path(), timeline(1), timeline(6)).unwrap();
        let known = read_all(data.path()).unwrap();
        assert_eq!(known.len(), 4);
        for number in [2, 4, 5] {
            assert_eq!(known[&timeline(number)], HistoryFile::Placeholder);
        }
        assert_eq!(
            origin(data.path(), timeline(3)).unwrap(),
            (timeline(1), Lsn::new(0x300_0110))
        );
        // A second attempt with a larger reservation goes on from there.
        reserve(data.path(), timeline(1), timeline(7)).unwrap();
        assert_eq!(read_all(data.path()).unwrap().len(), 5);

        forget_placeholders_above(data.path(), timeline(4)).unwrap();
        let left: Vec<u32> = read_all(data.path())
            .unwrap()
            .into_keys()
            .map(Timeline::get)
            .collect();
        assert_eq!(left, [2, 3, 4]);
    }

    #[test]
    fn a_number_that_is_already_known_is_not_reserved() {
        let data = folder();
        fs::write(history_path(data.path(), timeline(5)), "1\t0/1\tx\n").unwrap();
        for number in [1, 2, 5] {
            let refused = reserve(data.path(), timeline(1), timeline(number)).unwrap_err();
            assert!(matches!(refused, Error::Contradiction { .. }), "{refused}");
        }
        assert_eq!(read_all(data.path()).unwrap().len(), 1);
    }
}
