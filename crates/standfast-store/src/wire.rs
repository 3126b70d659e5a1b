//! What client and server say to each other: JSON messages, each preceded by its length as four bytes,
//! most significant first. Both sides begin with a hello that names the protocol's version.

use serde::{Deserialize, Serialize};

use standfast_record::{Batch, Read, Revision, Snapshot, Transaction, TransactionOutcome};

use crate::failure::Failure;

/// The version of this protocol. A server answers a hello of another version with its own and closes.
pub(crate) const PROTOCOL: u32 = 1;

/// From client to server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ToServer {
    /// The first message.
    Hello { protocol: u32 },
    /// Asks for something; the answer carries the same number.
    Request { id: u64, request: WireRequest },
    /// Ends the watch that was asked for with this number.
    Cancel { id: u64 },
    /// Asks for a sign of life.
    Ping,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WireRequest {
    Get { key: String },
    Range { prefix: String },
    Transact { transaction: Transaction },
    Watch { prefix: String, after: Revision },
}

/// From server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ToClient {
    /// The first message.
    Hello { protocol: u32 },
    /// The answer to a request.
    Answer { id: u64, answer: WireAnswer },
    /// A batch of the watch with this number.
    Event { id: u64, batch: Batch },
    /// The watch with this number is over.
    Ended { id: u64, failure: Failure },
    /// The sign of life.
    Pong,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WireAnswer {
    Read(Read),
    Snapshot(Snapshot),
    Outcome(TransactionOutcome),
    Watching,
    Failed(Failure),
}
