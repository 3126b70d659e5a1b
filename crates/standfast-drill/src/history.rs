//! What each client lived through: every attempt to write, and what came of it.

use std::fmt;
use std::net::SocketAddr;

use standfast_units::{Timeline, Timestamp};

use serde::{Deserialize, Serialize};

/// How a client finds the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// By the writer name, resolved again at each connect, then straight to the database.
    Dns,
    /// Through a region's writer proxy.
    Proxy,
    /// Straight to a database, by its address.
    Direct,
}

impl Path {
    /// All of them, in the order reports list them.
    pub const ALL: [Self; 3] = [Self::Dns, Self::Proxy, Self::Direct];
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dns => "dns",
            Self::Proxy => "proxy",
            Self::Direct => "direct",
        })
    }
}

/// How a client treats its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// Connects once, before the fault, and again only when the connection fails.
    Stays,
    /// Connects anew after every few writes.
    ConnectsAnew,
    /// Stays with the server that was primary before the fault, whatever happens, waits for its
    /// answers without a bound, and goes nowhere else. It is there to see acknowledgements that come
    /// too late; it takes no part in measuring the outage.
    Pinned,
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The server confirmed the commit.
    Acknowledged {
        /// When the confirmation arrived.
        received_at: Timestamp,
        /// The timeline the row was written on.
        timeline: Timeline,
    },
    /// The write certainly did not happen: there was no connection to send it over, or the server
    /// answered with an error.
    Failed {
        /// When we knew.
        at: Timestamp,
        /// In words.
        error: String,
    },
    /// It was sent, and no answer came: it may have happened or not.
    Unknown {
        /// When we gave it up.
        at: Timestamp,
        /// In words.
        error: String,
    },
}

/// One attempt to write one row. No row is attempted twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The row's number, from 0, within its client.
    pub seq: u64,
    /// When the statement was sent or, where it came to no connection, when we began to connect.
    pub sent_at: Timestamp,
    /// Where it was sent; absent when there was no connection.
    pub to: Option<SocketAddr>,
    /// What came of it.
    pub outcome: AttemptOutcome,
}

impl Attempt {
    /// When, and for which timeline, it was acknowledged.
    pub fn acknowledged(&self) -> Option<(Timestamp, Timeline)> {
        match self.outcome {
            AttemptOutcome::Acknowledged {
                received_at,
                timeline,
            } => Some((received_at, timeline)),
            AttemptOutcome::Failed { .. } | AttemptOutcome::Unknown { .. } => None,
        }
    }
}

/// All attempts of one client, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHistory {
    /// The client's number.
    pub client: u32,
    /// How it finds the primary.
    pub path: Path,
    /// How it treats its connection.
    pub habit: Habit,
    /// Its attempts.
    pub attempts: Vec<Attempt>,
}

impl ClientHistory {
    /// Whether it takes part in measuring the outage.
    pub fn measures_outage(&self) -> bool {
        match self.habit {
            Habit::Stays | Habit::ConnectsAnew => true,
            Habit::Pinned => false,
        }
    }

    /// When its acknowledgements arrived, in order.
    pub fn acknowledged_at(&self) -> impl Iterator<Item = Timestamp> {
        self.attempts
            .iter()
            .filter_map(|attempt| attempt.acknowledged().map(|(at, _)| at))
    }
}
