//! A model of `PostgreSQL`'s data folder: its log, its control file, its signal file, and what each says
//! after a crash at any point. Facts measured on 15.18; see `standfast-postgres` for where each is met.

use standfast_replication::{DataFolder as Found, FolderState, LogDirection, LogEnd, Shutdown};
use standfast_units::{Lsn, Timeline};

/// Where the first record of every log lies: `PostgreSQL` never uses the first segment.
const FIRST: u64 = 0x0100_0000;

/// The distance between two records of the model.
const STRIDE: u64 = 0x40;

/// A record of the log. No two are ever equal, so that two logs with an equal record agree on all
/// before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogRecord {
    pub(crate) id: u64,
    pub(crate) timeline: Timeline,
}

/// The end of a log with so many records.
pub(crate) fn lsn(records: usize) -> Lsn {
    let records = u64::try_from(records).unwrap_or(0);
    Lsn::new(FIRST + records * STRIDE)
}

/// How many records of a log lie before a position; `None` before the first segment.
pub(crate) fn records_before(position: Lsn) -> Option<usize> {
    let offset = position.get().checked_sub(FIRST)?;
    usize::try_from(offset.div_ceil(STRIDE)).ok()
}

/// What the control file says of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    ShutDown,
    ShutDownInRecovery,
    InArchiveRecovery,
    InCrashRecovery,
    InProduction,
}

/// What lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    Absent,
    /// Marked: being rewritten, never to be started.
    Incomplete,
    Whole,
}

/// Where a timeline begins, as its history file on this disk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) parent: Timeline,
    pub(crate) timeline: Timeline,
    pub(crate) at: usize,
}

#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, all of which can hold at once"
)]
pub(crate) struct Folder {
    pub(crate) contents: Contents,
    pub(crate) control: Control,
    /// Whether `standby.signal` is there.
    pub(crate) signal: bool,
    /// A copy that has not caught up with its source yet.
    pub(crate) backup_label: bool,
    /// The timeline of the last checkpoint.
    pub(crate) control_timeline: Timeline,
    /// The control file names a position recovery must reach: it followed since its last checkpoint.
    pub(crate) recovery_ends: bool,
    pub(crate) checkpoint: usize,
    /// The timeline it would write on, or receives.
    pub(crate) timeline: Timeline,
    pub(crate) log: Vec<LogRecord>,
    /// How many of the oldest records are recycled.
    pub(crate) recycled: usize,
    /// Records that a disk which does not keep its word has not written yet.
    pub(crate) unsynced: usize,
    /// Whether clients find what they need, so that they can write at all.
    pub(crate) provisioned: bool,
    pub(crate) histories: Vec<History>,
}

impl Folder {
    pub(crate) fn absent() -> Self {
        Self {
            contents: Contents::Absent,
            control: Control::ShutDown,
            signal: false,
            backup_label: false,
            control_timeline: Timeline::FIRST,
            recovery_ends: false,
            checkpoint: 0,
            timeline: Timeline::FIRST,
            log: Vec::new(),
            recycled: 0,
            unsynced: 0,
            provisioned: false,
            histories: Vec::new(),
        }
    }

    pub(crate) fn append(&mut self, id: u64) {
        let timeline = self.timeline;
        self.log.push(LogRecord { id, timeline });
    }

    pub(crate) fn end(&self) -> Lsn {
        lsn(self.log.len())
    }

    /// How many records two logs have in common.
    pub(crate) fn common(&self, other: &Self) -> usize {
        let mut count = self.log.len().min(other.log.len());
        while count > 0 && self.log[count - 1] != other.log[count - 1] {
            count -= 1;
        }
        count
    }

    /// Where this folder's log was left for a newer timeline, as its own history files say.
    pub(crate) fn origin(&self, timeline: Timeline) -> Option<History> {
        self.histories
            .iter()
            .find(|history| history.timeline == timeline)
            .copied()
    }

    pub(crate) fn shutdown(&self) -> Shutdown {
        match self.control {
            Control::ShutDown | Control::ShutDownInRecovery => Shutdown::Clean,
            Control::InProduction if self.recovery_ends => Shutdown::CrashedUnsettled,
            Control::InProduction | Control::InArchiveRecovery | Control::InCrashRecovery => {
                Shutdown::Crashed
            }
        }
    }

    pub(crate) fn was_recovering(&self) -> bool {
        matches!(
            self.control,
            Control::ShutDownInRecovery | Control::InArchiveRecovery
        )
    }

    /// What the engine says of the stopped folder.
    pub(crate) fn found(&self) -> Found {
        match self.contents {
            Contents::Absent => Found::Absent,
            Contents::Incomplete => Found::Incomplete,
            Contents::Whole => Found::Ready(FolderState {
                system_identifier: 7,
                timeline: self.control_timeline,
                set_up_as: if self.signal {
                    LogDirection::Standby
                } else {
                    LogDirection::Primary
                },
                shutdown: self.shutdown(),
                checkpoint: lsn(self.checkpoint),
            }),
        }
    }

    /// Where the log ends, on which timeline.
    pub(crate) fn log_end(&self) -> Option<LogEnd> {
        (self.contents == Contents::Whole && self.checkpoint >= self.recycled).then(|| LogEnd {
            timeline: self.log.last().map_or(self.timeline, |last| {
                last.timeline.max(self.control_timeline)
            }),
            position: self.end(),
        })
    }

    /// A checkpoint: the control file is current, and what no follower needs is recycled.
    pub(crate) fn checkpoint(&mut self, needed: usize) {
        self.control_timeline = self.timeline;
        self.recovery_ends = false;
        let before = std::mem::replace(&mut self.checkpoint, self.log.len());
        self.recycled = self.recycled.max(before.min(needed));
    }

    /// The machine lost its power: what was not written is gone.
    pub(crate) fn lose_unsynced(&mut self) {
        let kept = self.log.len().saturating_sub(self.unsynced);
        self.log.truncate(kept);
        self.checkpoint = self.checkpoint.min(kept);
        self.unsynced = 0;
    }
}
