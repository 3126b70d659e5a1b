//! Why a core does nothing, said so that an operator can act on it (P18): what is missing, what was
//! seen instead, and which command overrides it.

use std::fmt;
use std::time::Duration;

use standfast_units::{Epoch, Lsn, Node, Region, format_duration};

/// A reason to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldReason {
    /// The store does not answer: nothing can be learnt or changed.
    StoreLost,
    /// The record has not stood still long enough.
    LeaseRunning {
        /// Who held it last.
        holder: Node,
        /// How much longer it must stand still.
        remaining: Duration,
    },
    /// The right was given up, but who relays answers of its last holder may not know yet.
    ReleaseRecent {
        /// How much longer the record must stand still.
        remaining: Duration,
    },
    /// The loss of the holder's region has not lasted long enough.
    HoldDown {
        /// The region.
        region: Option<Region>,
        /// How much longer it must last.
        remaining: Duration,
    },
    /// The last automatic failover is too recent.
    CoolDown {
        /// How much longer.
        remaining: Duration,
    },
    /// Decisions are paused.
    Paused,
    /// Failover is not automatic.
    NotAutomatic,
    /// An operator asked for a failover to another region.
    NamedAnother {
        /// Which.
        region: Region,
    },
    /// Our log is not a beginning of what the last primary wrote.
    Diverged,
    /// Another standby has more of the log.
    AnotherIsAhead {
        /// Which.
        node: Node,
    },
    /// More may be lost than is allowed.
    LossTooLarge {
        /// The most that may be lost.
        loss: Duration,
        /// What is allowed.
        allowed: Duration,
    },
    /// Nobody can say how much would be lost.
    LossUnknown {
        /// The last position the holder published.
        published: Option<Lsn>,
        /// The end of our log.
        received: Lsn,
    },
    /// The former primary's last log has not arrived yet.
    AwaitingLog {
        /// The end of its log.
        end: Lsn,
        /// The end of ours.
        received: Lsn,
    },
    /// Our own server is not a running standby.
    NotAStandby,
    /// A switchover is under way to somebody else.
    HandedTo {
        /// To whom.
        node: Node,
    },
    /// There is no primary to follow or copy from.
    NoPrimary {
        /// Who holds the right to write.
        holder: Node,
        /// Since when.
        epoch: Epoch,
    },
    /// The database was never created and another node creates it.
    AwaitingFounder {
        /// Which.
        founder: Node,
    },
    /// The store knows nothing of a database whose data lies here.
    StoreForgot,
    /// The right to write is ours, but our data is not there.
    DataMissing,
    /// Our server could not be started or promoted under the right to write: others go first for a while.
    Yielding {
        /// How much longer.
        remaining: Duration,
    },
    /// An act keeps failing; it is tried again.
    Retrying {
        /// What failed, and why.
        what: String,
    },
}

impl HoldReason {
    /// The kinds of reason there are, by name; a coverage that lacks one is no coverage.
    pub const KINDS: &[&str] = &[
        "StoreLost",
        "LeaseRunning",
        "ReleaseRecent",
        "HoldDown",
        "CoolDown",
        "Paused",
        "NotAutomatic",
        "NamedAnother",
        "Diverged",
        "AnotherIsAhead",
        "LossTooLarge",
        "LossUnknown",
        "AwaitingLog",
        "NotAStandby",
        "HandedTo",
        "NoPrimary",
        "AwaitingFounder",
        "StoreForgot",
        "DataMissing",
        "Yielding",
        "Retrying",
    ];

    /// Its kind, one of [`HoldReason::KINDS`].
    pub fn kind(&self) -> &'static str {
        match self {
            Self::StoreLost => "StoreLost",
            Self::LeaseRunning { .. } => "LeaseRunning",
            Self::ReleaseRecent { .. } => "ReleaseRecent",
            Self::HoldDown { .. } => "HoldDown",
            Self::CoolDown { .. } => "CoolDown",
            Self::Paused => "Paused",
            Self::NotAutomatic => "NotAutomatic",
            Self::NamedAnother { .. } => "NamedAnother",
            Self::Diverged => "Diverged",
            Self::AnotherIsAhead { .. } => "AnotherIsAhead",
            Self::LossTooLarge { .. } => "LossTooLarge",
            Self::LossUnknown { .. } => "LossUnknown",
            Self::AwaitingLog { .. } => "AwaitingLog",
            Self::NotAStandby => "NotAStandby",
            Self::HandedTo { .. } => "HandedTo",
            Self::NoPrimary { .. } => "NoPrimary",
            Self::AwaitingFounder { .. } => "AwaitingFounder",
            Self::StoreForgot => "StoreForgot",
            Self::DataMissing => "DataMissing",
            Self::Yielding { .. } => "Yielding",
            Self::Retrying { .. } => "Retrying",
        }
    }
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoreLost => f.write_str("the store does not answer; check `standfast status` for its address and process"),
            Self::LeaseRunning { holder, remaining } => write!(f, "{holder} may still write: its lease must stand still for another {}", format_duration(*remaining)),
            Self::ReleaseRecent { remaining } => write!(
                f,
                "the right was given up, and proxies may pass on answers of its last holder for another {}",
                format_duration(*remaining)
            ),
            Self::HoldDown { region, remaining } => {
                write!(f, "the loss of {} must last another {}; to go on now: `standfast failover --to REGION`", region.as_ref().map_or("the holder's region", Region::as_str), format_duration(*remaining))
            }
            Self::CoolDown { remaining } => write!(f, "the last automatic failover is too recent, another {} to wait; to go on now: `standfast failover --to REGION`", format_duration(*remaining)),
            Self::Paused => f.write_str("decisions are paused; to go on: `standfast resume`"),
            Self::NotAutomatic => f.write_str("failover.mode is not `automatic`; to go on: `standfast failover --to REGION`"),
            Self::NamedAnother { region } => write!(f, "an operator asked for a failover to {region}"),
            Self::Diverged => f.write_str("our log is not known to be a beginning of what the last primary wrote; bring the last primary back, or accept the loss: `standfast failover --to REGION --accept-loss DURATION`"),
            Self::AnotherIsAhead { node } => write!(f, "{node} has more of the log and goes first"),
            Self::LossTooLarge { loss, allowed } => write!(f, "up to {} of acknowledged writes may be lost, {} are allowed; to accept that: `standfast failover --to REGION --accept-loss {}`", format_duration(*loss), format_duration(*allowed), format_duration(*loss)),
            Self::LossUnknown { published, received } => {
                match published {
                    Some(published) => write!(f, "the last primary had published {published}, we have the log up to {received} and no record of when that was written")?,
                    None => write!(f, "no primary has ever published its position, we have the log up to {received}")?,
                }
                f.write_str("; bring the last primary back, or accept the loss: `standfast failover --to REGION --accept-loss DURATION`")
            }
            Self::AwaitingLog { end, received } => write!(f, "the former primary's log ends at {end}, we have it up to {received}"),
            Self::NotAStandby => f.write_str("our own server is not a running standby yet"),
            Self::HandedTo { node } => write!(f, "a switchover to {node} is under way"),
            Self::NoPrimary { holder, epoch } => write!(f, "{holder} holds the right to write (epoch {epoch}) but does not serve yet"),
            Self::AwaitingFounder { founder } => write!(f, "the database does not exist yet; {founder} creates it"),
            Self::StoreForgot => f.write_str("data lies here, but the store has no record of the database: it was replaced or emptied; restore the store, or `standfast down --purge` when the data may go"),
            Self::DataMissing => f.write_str("the right to write is ours, but the data folder is empty or unfinished: restore it, or let another region take over: `standfast failover --to REGION --accept-loss DURATION`"),
            Self::Yielding { remaining } => write!(f, "the server here could not be started or promoted; it is tried again in {}, any standby may take over before; to go on now: `standfast failover --to REGION`", format_duration(*remaining)),
            Self::Retrying { what } => write!(f, "{what}; trying again"),
        }
    }
}
