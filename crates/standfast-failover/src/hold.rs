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
        /// The region that was named.
        region: Region,
    },
    /// Our log is not a beginning of what the last primary wrote.
    Diverged,
    /// Another standby has more of the log.
    AnotherIsAhead {
        /// The standby that has more.
        node: Node,
    },
    /// More may be lost than is allowed.
    LossTooLarge {
        /// The most that may be lost.
        loss: Duration,
        /// What is allowed.
        allowed: Duration,
    },
    /// How much would be lost cannot be said.
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
    /// A switchover is under way to another node.
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
        /// The node that creates it.
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

/// How an operator has a region take over that would not by itself.
const FAIL_OVER: &str = "`standfast failover --to REGION`";

/// How an operator has it take over although writes may be lost.
const ACCEPT_LOSS: &str = "`standfast failover --to REGION --accept-loss DURATION`";

/// The other way out for a standby whose log does not suffice.
const BRING_BACK: &str = "bring the last primary back, or accept the loss";

const STORE_LOST: &str =
    "the store does not answer; check `standfast status` for its address and process";
const DIVERGED: &str = "our log is not known to be a beginning of what the last primary wrote";
const STORE_FORGOT: &str = "data lies here, but the store has no record of the database: it was \
                            replaced or emptied; restore the store, or `standfast down --purge` \
                            when the data may go";
const DATA_MISSING: &str = "the right to write is ours, but the data folder is empty or unfinished: \
                            restore it, or let another region take over";
const NOT_STARTED: &str = "the server here could not be started or promoted; it is tried again in";

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoreLost => f.write_str(STORE_LOST),
            Self::LeaseRunning { holder, remaining } => {
                let remaining = format_duration(*remaining);
                write!(
                    f,
                    "{holder} may still write: its lease must stand still for another {remaining}"
                )
            }
            Self::ReleaseRecent { remaining } => write!(
                f,
                "the right was given up, and proxies may pass on answers of its last holder for another {}",
                format_duration(*remaining)
            ),
            Self::HoldDown { region, remaining } => {
                let lost = region
                    .as_ref()
                    .map_or("the holder's region", Region::as_str);
                let remaining = format_duration(*remaining);
                write!(
                    f,
                    "the loss of {lost} must last another {remaining}; to go on now: {FAIL_OVER}"
                )
            }
            Self::CoolDown { remaining } => write!(
                f,
                "the last automatic failover is too recent, another {} to wait; to go on now: {FAIL_OVER}",
                format_duration(*remaining)
            ),
            Self::Paused => f.write_str("decisions are paused; to go on: `standfast resume`"),
            Self::NotAutomatic => {
                write!(f, "failover.mode is not `automatic`; to go on: {FAIL_OVER}")
            }
            Self::NamedAnother { region } => {
                write!(f, "an operator asked for a failover to {region}")
            }
            Self::Diverged => write!(f, "{DIVERGED}; {BRING_BACK}: {ACCEPT_LOSS}"),
            Self::AnotherIsAhead { node } => write!(f, "{node} has more of the log and goes first"),
            Self::LossTooLarge { loss, allowed } => too_much(f, *loss, *allowed),
            Self::LossUnknown {
                published,
                received,
            } => unknown_loss(f, *published, *received),
            Self::AwaitingLog { end, received } => {
                write!(
                    f,
                    "the former primary's log ends at {end}, we have it up to {received}"
                )
            }
            Self::NotAStandby => f.write_str("our own server is not a running standby yet"),
            Self::HandedTo { node } => write!(f, "a switchover to {node} is under way"),
            Self::NoPrimary { holder, epoch } => {
                write!(
                    f,
                    "{holder} holds the right to write (epoch {epoch}) but does not serve yet"
                )
            }
            Self::AwaitingFounder { founder } => {
                write!(f, "the database does not exist yet; {founder} creates it")
            }
            Self::StoreForgot => f.write_str(STORE_FORGOT),
            Self::DataMissing => write!(f, "{DATA_MISSING}: {ACCEPT_LOSS}"),
            Self::Yielding { remaining } => write!(
                f,
                "{NOT_STARTED} {}, any standby may take over before; to go on now: {FAIL_OVER}",
                format_duration(*remaining)
            ),
            Self::Retrying { what } => write!(f, "{what}; trying again"),
        }
    }
}

fn too_much(f: &mut fmt::Formatter<'_>, loss: Duration, allowed: Duration) -> fmt::Result {
    let (loss, allowed) = (format_duration(loss), format_duration(allowed));
    write!(
        f,
        "up to {loss} of acknowledged writes may be lost, {allowed} are allowed; to accept that: \
         `standfast failover --to REGION --accept-loss {loss}`"
    )
}

fn unknown_loss(f: &mut fmt::Formatter<'_>, published: Option<Lsn>, received: Lsn) -> fmt::Result {
    match published {
        Some(published) => write!(
            f,
            "the last primary had published {published}, we have the log up to {received} and no record \
             of when that was written"
        ),
        None => write!(
            f,
            "no primary has ever published its position, we have the log up to {received}"
        ),
    }?;
    write!(f, "; {BRING_BACK}: {ACCEPT_LOSS}")
}
