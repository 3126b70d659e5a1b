//! Moving the writer name forward, never back (P13): the right to write, the writer and the new
//! primary's address are read anew, and the record is changed by compare-and-swap, so that an older
//! epoch finds a newer one there.

use serde::de::DeserializeOwned;
use standfast_record::{
    Durability, Event, KeyRead, KeyValue, Lease, Member, Revision, Transaction, Unreadable, Writer,
    key,
};
use standfast_units::{Epoch, System, chain};

use crate::primary::NewPrimary;

/// What a redirect reads, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectRead {
    /// Whether the epoch is still the present one.
    Lease,
    /// Whether another controller was faster.
    Writer,
    /// Where clients are to connect.
    Member {
        /// When the writer was last changed.
        writer_at: Revision,
    },
}

/// What a redirect needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RedirectNext {
    /// Another record.
    Read(RedirectRead),
    /// Nothing: another controller has moved the name, and does the rest.
    AlreadyThere,
    /// The writer record, set to this.
    Write(Writer, Revision),
}

impl RedirectRead {
    /// Where the record lies.
    pub(crate) fn key(self, system: &System, primary: &NewPrimary) -> String {
        match self {
            Self::Lease => key::lease(system, &primary.database),
            Self::Writer => key::writer(system, &primary.database),
            Self::Member { .. } => key::member(system, &primary.database, &primary.node),
        }
    }

    /// What follows from the answer, or why the name does not move.
    pub(crate) fn answered(
        self,
        primary: &NewPrimary,
        read: KeyRead,
    ) -> Result<RedirectNext, String> {
        let epoch = primary.epoch;
        let entry = read
            .map_err(|unanswered| unanswered.reason().to_owned())?
            .entry;
        match self {
            Self::Lease => {
                let lease: Option<Lease> = record(entry.as_deref())?;
                if lease.is_none_or(|lease| lease.epoch != epoch) {
                    return Err(format!("epoch {epoch} is over"));
                }
                Ok(RedirectNext::Read(Self::Writer))
            }
            Self::Writer => {
                let writer: Option<Writer> = record(entry.as_deref())?;
                let named = writer.map_or(Epoch::ZERO, |writer| writer.epoch);
                if named >= epoch {
                    return Ok(RedirectNext::AlreadyThere);
                }
                let writer_at = entry.map_or(Revision::default(), |entry| entry.modified);
                Ok(RedirectNext::Read(Self::Member { writer_at }))
            }
            Self::Member { writer_at } => {
                let node = primary.node.clone();
                let Some(member) = record::<Member>(entry.as_deref())? else {
                    return Err(format!("{node} has not published its address"));
                };
                let writer = Writer {
                    epoch,
                    node,
                    address: member.address,
                    port: member.port,
                };
                Ok(RedirectNext::Write(writer, writer_at))
            }
        }
    }
}

fn record<T: DeserializeOwned>(entry: Option<&KeyValue>) -> Result<Option<T>, String> {
    entry
        .map(KeyValue::record)
        .transpose()
        .map_err(|error| chain(&error))
}

/// Where the writer name leads, for the journal.
pub(crate) fn detail(writer: &Writer) -> String {
    format!("{} at {}:{}", writer.node, writer.address, writer.port)
}

/// Sets the writer record, should it still be as it was at `writer_at`, with an entry of the journal.
pub(crate) fn transaction(
    system: &System,
    primary: &NewPrimary,
    writer: &Writer,
    writer_at: Revision,
    (entry_key, entry): (String, Event),
) -> Result<Transaction, Unreadable> {
    let writer_key = key::writer(system, &primary.database);
    Transaction::new()
        .if_modified_at(&writer_key, writer_at)
        .put_record(&writer_key, writer, Durability::Durable)?
        .put_record(entry_key, &entry, Durability::Durable)
}
