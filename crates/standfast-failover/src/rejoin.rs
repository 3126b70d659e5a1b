//! How a stopped server gets back behind the present primary (P11, P14).

use standfast_record::Fork;
use standfast_units::{Lsn, Timeline};

use crate::observation::Folder;

/// What to do with a stopped server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejoinPlan {
    /// It holds nothing the primary has not: start it as a follower.
    Start,
    /// It went on past the fork: record that, then rewind.
    Rewind(Fork),
    /// There is nothing to keep, or no way to tell: copy afresh.
    Clone,
    /// It has a history the store knows nothing about: record what can be, then copy afresh.
    Unknown,
}

/// Compares a stopped server with the history of the present primary as the *store* knows it; the
/// server's own history files are not asked, because two standbys promoted from one position write
/// identical ones (P11).
pub fn plan_rejoin(folder: &Folder, primary: Timeline, forks: &[Fork]) -> RejoinPlan {
    let (timeline, end) = match folder {
        Folder::Absent | Folder::Incomplete => return RejoinPlan::Clone,
        Folder::Primary { timeline, .. } if *timeline == primary => {
            // It wrote on the very timeline another node writes on now: P11 rules that out, so
            // something is not what it seems.
            return RejoinPlan::Unknown;
        }
        Folder::Primary { timeline, end } | Folder::Standby { timeline, end } => (*timeline, *end),
    };
    if timeline == primary {
        return RejoinPlan::Start;
    }
    match leaves(timeline, primary, forks) {
        Some(fork) if end <= fork.position => RejoinPlan::Start,
        Some(fork) => RejoinPlan::Rewind(fork),
        None => RejoinPlan::Unknown,
    }
}

/// The fork by which the ancestry of `descendant` leaves `ancestor`; `None` when `ancestor` is not one.
pub(crate) fn leaves(ancestor: Timeline, descendant: Timeline, forks: &[Fork]) -> Option<Fork> {
    let mut current = descendant;
    // Each round goes to an older timeline, so the loop ends.
    while let Some(fork) = forks.iter().find(|fork| fork.timeline == current) {
        if fork.parent == ancestor {
            return Some(*fork);
        }
        if fork.parent >= current {
            return None;
        }
        current = fork.parent;
    }
    None
}

/// Where two histories part, neither of which need be an ancestor of the other; `None` when the store
/// knows of nothing they have in common.
pub(crate) fn parting(one: Timeline, other: Timeline, forks: &[Fork]) -> Option<Lsn> {
    let others = ancestry(other, forks);
    ancestry(one, forks)
        .into_iter()
        .find_map(|(timeline, end)| {
            let (_, other_end) = others.iter().find(|(each, _)| *each == timeline)?;
            Some(end.min(*other_end))
        })
}

/// A timeline and all it descends from, each with where it was left.
fn ancestry(timeline: Timeline, forks: &[Fork]) -> Vec<(Timeline, Lsn)> {
    let mut chain = vec![(timeline, Lsn::new(u64::MAX))];
    let mut current = timeline;
    let mut end = Lsn::new(u64::MAX);
    while let Some(fork) = forks.iter().find(|fork| fork.timeline == current) {
        if fork.parent >= current {
            break;
        }
        current = fork.parent;
        end = end.min(fork.position);
        chain.push((current, end));
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(number: u32) -> Timeline {
        Timeline::new(number).unwrap()
    }

    fn fork(parent: u32, number: u32, position: u64) -> Fork {
        Fork {
            parent: timeline(parent),
            timeline: timeline(number),
            position: Lsn::new(position),
        }
    }

    fn check(folder: &Folder, primary: u32, forks: &[Fork], expected: RejoinPlan) {
        assert_eq!(plan_rejoin(folder, timeline(primary), forks), expected);
    }

    #[test]
    fn nothing_is_kept_of_an_absent_or_unfinished_folder() {
        check(&Folder::Absent, 2, &[], RejoinPlan::Clone);
        check(
            &Folder::Incomplete,
            2,
            &[fork(1, 2, 100)],
            RejoinPlan::Clone,
        );
    }

    #[test]
    fn a_former_primary_that_stopped_before_the_fork_just_follows() {
        let folder = Folder::Primary {
            timeline: timeline(1),
            end: Lsn::new(100),
        };
        check(&folder, 2, &[fork(1, 2, 100)], RejoinPlan::Start);
    }

    #[test]
    fn a_former_primary_past_the_fork_is_rewound() {
        let folder = Folder::Primary {
            timeline: timeline(1),
            end: Lsn::new(101),
        };
        check(
            &folder,
            2,
            &[fork(1, 2, 100)],
            RejoinPlan::Rewind(fork(1, 2, 100)),
        );
    }

    #[test]
    fn a_standby_past_the_fork_is_rewound_too() {
        let folder = Folder::Standby {
            timeline: timeline(1),
            end: Lsn::new(101),
        };
        check(
            &folder,
            2,
            &[fork(1, 2, 100)],
            RejoinPlan::Rewind(fork(1, 2, 100)),
        );
    }

    #[test]
    fn the_fork_that_counts_is_where_the_ancestry_leaves_our_timeline() {
        let forks = [fork(1, 2, 100), fork(2, 4, 200)];
        let folder = Folder::Primary {
            timeline: timeline(1),
            end: Lsn::new(150),
        };
        check(&folder, 4, &forks, RejoinPlan::Rewind(fork(1, 2, 100)));
    }

    #[test]
    fn a_timeline_outside_the_ancestry_is_never_believed() {
        // Timeline 3 was promoted by a sibling whose promotion was not recorded.
        let folder = Folder::Primary {
            timeline: timeline(3),
            end: Lsn::new(150),
        };
        check(
            &folder,
            4,
            &[fork(1, 2, 100), fork(2, 4, 200)],
            RejoinPlan::Unknown,
        );
    }

    #[test]
    fn two_primaries_on_one_timeline_are_never_reconciled() {
        let folder = Folder::Primary {
            timeline: timeline(2),
            end: Lsn::new(100),
        };
        check(&folder, 2, &[fork(1, 2, 100)], RejoinPlan::Unknown);
    }

    #[test]
    fn a_circular_history_ends_the_search() {
        let folder = Folder::Primary {
            timeline: timeline(9),
            end: Lsn::new(1),
        };
        check(
            &folder,
            2,
            &[fork(3, 2, 100), fork(2, 3, 100)],
            RejoinPlan::Unknown,
        );
    }

    #[test]
    fn two_histories_part_where_the_first_of_them_left_their_common_ancestor() {
        let forks = [fork(1, 2, 100), fork(1, 3, 120), fork(3, 4, 200)];
        let parting = |one, other| parting(timeline(one), timeline(other), &forks);
        assert_eq!(parting(2, 4), Some(Lsn::new(100)));
        assert_eq!(parting(4, 2), Some(Lsn::new(100)));
        assert_eq!(parting(3, 4), Some(Lsn::new(200)));
        assert_eq!(parting(9, 4), None);
    }
}
