//! The journal: what happened, told to people.

use serde::{Deserialize, Serialize};
use standfast_units::{Database, Epoch, Node, Region, System, WallTime};

use crate::key;

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened, by the wall clock of the process that wrote it.
    pub at: WallTime,
    /// The process that wrote it: `agent main-us-east-1-1`, `controller us-west-2`, …
    pub by: String,
    /// The database it concerns.
    pub database: Option<Database>,
    /// The epoch it was written under.
    pub epoch: Option<Epoch>,
    /// What happened, a short constant phrase.
    pub what: String,
    /// Everything variable, in words.
    pub detail: String,
}

/// Who writes entries. The one place that makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    system: System,
    by: String,
}

impl Author {
    /// The agent of a node.
    pub fn agent(system: &System, node: &Node) -> Self {
        Self::new(system, format!("agent {node}"))
    }

    /// The controller of a region.
    pub fn controller(system: &System, region: &Region) -> Self {
        Self::new(system, format!("controller {region}"))
    }

    /// A person at a command line.
    pub fn operator(system: &System, name: &str) -> Self {
        Self::new(system, format!("operator {name}"))
    }

    fn new(system: &System, by: String) -> Self {
        Self {
            system: system.clone(),
            by,
        }
    }

    /// An entry under the key it belongs at.
    pub fn entry(&self, ids: &mut Ids, at: WallTime, told: Told<'_>) -> (String, Event) {
        let event = Event {
            at,
            by: self.by.clone(),
            database: told.database.cloned(),
            epoch: told.epoch,
            what: told.what.to_owned(),
            detail: told.detail.to_owned(),
        };
        (key::event(&self.system, &ids.next(at)), event)
    }
}

/// What an entry tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'a> {
    /// The database it concerns.
    pub database: Option<&'a Database>,
    /// The epoch it is written under.
    pub epoch: Option<Epoch>,
    /// What happened, a short constant phrase.
    pub what: &'a str,
    /// Everything variable, in words.
    pub detail: &'a str,
}

/// Makes ids for entries, requests and incarnations: they sort by time, to the millisecond, and differ
/// from all others made anywhere, as far as 64 random bits go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    state: u64,
}

impl Ids {
    /// A source of ids; two sources with one seed make the same ids at the same time.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next id. 48 bits of milliseconds keep their width until the year 10889.
    pub fn next(&mut self, wall: WallTime) -> String {
        // splitmix64 (Steele, Lea, Flood 2014): each state is visited once, so ids of one source never
        // repeat.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        format!("{:012x}-{mixed:016x}", wall.as_unix_ms())
    }
}
