//! Faults of the product that are known and not mended yet. A seed that meets one is an expected failure by
//! name: it is counted and told, and never left out in silence. Each entry goes with the change that mends
//! it; its seed in `docs/simulation.md` then has to hold.

use crate::invariant::Violation;
use crate::schedule::Strike;

/// A fault that is known.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, in one sentence.
    pub what: &'static str,
    /// Whether a violation is this fault's doing.
    explains: fn(&Violation, &[Strike]) -> bool,
}

/// Every fault that is known.
pub const KNOWN: &[Known] = &[
    Known {
        name: "an-older-store-is-believed",
        what: "after an older copy of the store's file was put back, epochs and timelines are given twice",
        explains: |violation, schedule| {
            strikes(schedule, &["StoreRestored"]) && !violation.rule.contains("P22")
        },
    },
    Known {
        name: "an-older-folder-is-served",
        what: "a last holder whose disk went back in time takes its right again and serves what it has (P16)",
        explains: |violation, schedule| {
            strikes(schedule, &["DiskLies", "FolderRestored"])
                && matches!(
                    violation.rule,
                    "P7" | "P8" | "P16" | "P11" | "P14" | "P14, P16"
                )
        },
    },
    Known {
        name: "a-hand-over-is-not-verified",
        what: "a primary that steps down names a successor that has not shown it holds the end of the log, and \
               acknowledged writes are lost in a switchover (P8)",
        explains: |violation, schedule| {
            violation.rule == "P8"
                && strikes(schedule, &["Switchover"])
                && strikes(schedule, &["LogCut", "StreamCut", "RegionCut"])
        },
    },
    Known {
        name: "a-loss-bound-is-too-small",
        what: "a takeover counts the lag from the position it has seen, but not the age of that position, and \
               more is lost than it said (P7)",
        explains: |violation, _| violation.what.contains("older than it took it for"),
    },
    Known {
        name: "a-promotion-that-was-cut-off-never-starts",
        what: "a survivor that ended in the middle of its promotion is started for ever, in vain",
        explains: |violation, _| {
            violation.what.contains("ended before its first checkpoint")
                || violation.what.contains("its standby.signal is gone")
                || violation.what.contains("could not be started or promoted")
        },
    },
    Known {
        name: "a-fork-is-never-recorded",
        what: "a store that stalls during a promotion never hears of the fork, and the former primary, whose \
               surplus cannot be told, never rejoins (P14)",
        explains: |violation, _| {
            let never = violation.what.contains("the system does not recover");
            never && violation.what.contains("is not there any more")
        },
    },
    Known {
        name: "a-surplus-is-thrown-away-unrecorded",
        what: "a former primary whose fork the store never heard of cannot tell its surplus; its agent, started \
               again, does not know that the folder was a primary's, and clones over it in the end (P14)",
        explains: |violation, _| {
            violation
                .what
                .contains("unrecorded: the log at 0/0 is not there any more")
        },
    },
    Known {
        name: "a-frozen-guard-is-unknown-to-a-new-agent",
        what: "an agent that starts while its guard stands still cannot kill it, and the database goes on past \
               the deadline (P4)",
        explains: |violation, schedule| {
            violation
                .what
                .contains("accepts a write after its deadline")
                && strikes(schedule, &["GuardFreeze"])
        },
    },
];

fn strikes(schedule: &[Strike], names: &[&str]) -> bool {
    schedule
        .iter()
        .any(|strike| names.contains(&strike.fault.name()))
}

/// The known fault that a violation is the doing of, if it is one's.
pub(crate) fn explain(violation: &Violation, schedule: &[Strike]) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|known| (known.explains)(violation, schedule))
        .map(|known| known.name)
}
