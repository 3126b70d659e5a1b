//! Why a publication changed nothing.

use std::net::IpAddr;

use standfast_units::{Epoch, Node};
use thiserror::Error;

use crate::name::{DnsName, DnsNameError};
use crate::record::Generation;

/// Why a publication changed nothing; what was published before is still answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// A newer epoch has been seen for the name (P13).
    #[error("epoch {offered} of `{name}` is older than epoch {newest}, seen before")]
    Older {
        /// The name.
        name: DnsName,
        /// The epoch offered.
        offered: Epoch,
        /// The newest epoch seen for the name.
        newest: Epoch,
    },
    /// The set is empty (P13).
    #[error("an empty answer for `{name}` is never published; the former one stays")]
    Empty {
        /// The name.
        name: DnsName,
    },
    /// Two nodes under one epoch: one of the two plans is wrong, and we cannot know which.
    #[error("`{name}` means {former} under epoch {epoch} and cannot mean {offered} under the same")]
    Contradiction {
        /// The name.
        name: DnsName,
        /// The epoch of both.
        epoch: Epoch,
        /// The node published.
        former: Node,
        /// The node offered.
        offered: Node,
    },
    /// The name does not lie beneath the zone's origin.
    #[error("`{name}` does not lie beneath `{origin}`")]
    Outside {
        /// The name.
        name: DnsName,
        /// The zone's origin.
        origin: DnsName,
    },
    /// The name, or one that goes with it, already means something else.
    #[error("`{name}` already belongs to `{owner}`")]
    Taken {
        /// The name that is taken.
        name: DnsName,
        /// The published name it belongs to.
        owner: DnsName,
    },
    /// The alias leads back to itself, or over too many others.
    #[error("the alias `{name}` leads in a circle or over too many others")]
    Circle {
        /// The alias.
        name: DnsName,
    },
    /// No client can connect to the address.
    #[error("`{name}` cannot mean {address}: no client can connect there")]
    Unusable {
        /// The name.
        name: DnsName,
        /// The address.
        address: IpAddr,
    },
    /// A server without a port.
    #[error("`{name}` cannot mean port 0 of {address}")]
    NoPort {
        /// The name.
        name: DnsName,
        /// The address.
        address: IpAddr,
    },
    /// A name that goes with this one would be too long.
    #[error("a name that goes with `{name}` cannot be formed")]
    TooLong {
        /// The name.
        name: DnsName,
        /// What is wrong with it.
        #[source]
        source: DnsNameError,
    },
    /// A zone without name servers cannot be reached.
    #[error("the zone `{origin}` has no name server")]
    NoNameServer {
        /// The zone's origin.
        origin: DnsName,
    },
    /// A zone cannot follow one with another origin.
    #[error("the zone `{offered}` cannot follow the zone `{former}`")]
    OtherZone {
        /// The origin published.
        former: DnsName,
        /// The origin offered.
        offered: DnsName,
    },
    /// A newer generation of the zone is being served.
    #[error("generation {offered} of the zone is older than generation {newest}, seen before")]
    OldGeneration {
        /// The generation offered.
        offered: Generation,
        /// The newest generation seen.
        newest: Generation,
    },
}
