//! What the proxy is told from outside: sightings of the lease record, and the time.
//!
//! Deliberately absent: where the record lives and how it is read.

use std::error::Error as StdError;
use std::future::Future;
use std::net::SocketAddr;

use standfast_record::{KeyValue, Lease, LeaseState, Unreadable, Writer};
use standfast_units::{Epoch, Node, Timestamp};
use thiserror::Error;

/// Reads `CLOCK_BOOTTIME`, which also counts while the machine is suspended (P3). Never goes back.
pub trait Clock: Fn() -> Timestamp + Clone + Send + Sync + 'static {}

impl<F: Fn() -> Timestamp + Clone + Send + Sync + 'static> Clock for F {}

/// Reads the lease record and the writer record of one database.
///
/// Each read is linearizable and asks the store anew: an answer kept from earlier, or pushed by a
/// watch, says nothing about when it was true (P22). Reads are made one after the other, on a thread
/// of the proxy's own, and are dropped unfinished when they take longer than
/// [`Settings::read_timeout`](crate::Settings::read_timeout).
pub trait LeaseSource: Send + 'static {
    /// Reads both records once.
    ///
    /// # Errors
    /// When the store did not answer, or with something that cannot be read. Nothing is concluded
    /// from that; what was proven before stays proven until it runs out.
    fn read(&mut self) -> impl Future<Output = Result<Sighting, ReadError>> + Send;
}

/// Why a read of the records gave nothing.
#[derive(Debug, Error)]
#[error("the lease record could not be read")]
pub struct ReadError(#[source] Box<dyn StdError + Send + Sync>);

impl ReadError {
    /// A failed read and its cause.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// What one read of the records returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The epoch of the lease record.
    pub epoch: Epoch,
    /// Which write of the lease record this is.
    pub renewal: Renewal,
    /// Whether the right to write is held.
    pub right: Right,
    /// The writer record, whatever epoch it was written under (P13).
    pub writer: Option<WriterTarget>,
}

impl Sighting {
    /// There is no lease record: no node has ever held the right to write.
    pub const ABSENT: Self = Self {
        epoch: Epoch::ZERO,
        renewal: Renewal(0),
        right: Right::Released,
        writer: None,
    };

    /// What the two records of a database say. `place` tells where a node is reached from here; a writer
    /// that it does not know is nowhere to connect to.
    ///
    /// # Errors
    /// When one of them is not the record its key says.
    pub fn of(
        lease: Option<&KeyValue>,
        writer: Option<&KeyValue>,
        place: impl FnOnce(&Node) -> Option<SocketAddr>,
    ) -> Result<Self, Unreadable> {
        let Some(entry) = lease else {
            return Ok(Self::ABSENT);
        };
        let lease: Lease = entry.record()?;
        let writer: Option<Writer> = writer.map(KeyValue::record).transpose()?;
        Ok(Self {
            epoch: lease.epoch,
            renewal: Renewal(entry.modified.0),
            right: match lease.state {
                LeaseState::Held => Right::Held,
                LeaseState::Released { .. } => Right::Released,
            },
            writer: writer.and_then(|writer| {
                let address = place(&writer.node)?;
                Some(WriterTarget {
                    epoch: writer.epoch,
                    node: writer.node,
                    address,
                })
            }),
        })
    }
}

/// Identifies one write of the lease record; grows with each of them. It must be what a taker
/// compares to see that the record stands still (P1): the revision of the record's last write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Renewal(pub u64);

/// Whether the right to write is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The holder may write until its deadline.
    Held,
    /// It was given up; any node that is allowed to may take it at once.
    Released,
}

/// A database whose writes were verified under an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterTarget {
    /// The epoch.
    pub epoch: Epoch,
    /// The primary.
    pub node: Node,
    /// Where it listens.
    pub address: SocketAddr,
}
