//! P13: the writer record never goes back, moves only after a verified write under its epoch, and a zone
//! that is served never loses its writer or goes back to an older one.

use std::collections::{BTreeMap, BTreeSet};

use standfast_record::Writer;
use standfast_units::Epoch;

use super::{Verdict, demand};

#[derive(Debug, Default)]
pub(crate) struct WriterName {
    epoch: Epoch,
    verified: BTreeSet<Epoch>,
    /// What each life of a controller serves: a new one begins with nothing.
    served: BTreeMap<(usize, u64), Epoch>,
}

impl WriterName {
    /// A controller read a write back.
    pub(crate) fn verify(&mut self, epoch: Epoch) {
        self.verified.insert(epoch);
    }

    /// The record has changed.
    pub(crate) fn check(&mut self, writer: &Writer) -> Verdict {
        demand(writer.epoch >= self.epoch, "P13", || {
            format!("the writer name goes back to epoch {}", writer.epoch)
        })?;
        demand(self.verified.contains(&writer.epoch), "P13", || {
            format!("the writer name moves to epoch {} unverified", writer.epoch)
        })?;
        self.epoch = writer.epoch;
        Ok(())
    }

    /// A region serves a zone in which the writer was verified under `epoch`; zero: there is none.
    pub(crate) fn serve(&mut self, region: usize, life: u64, epoch: Epoch) -> Verdict {
        let before = self
            .served
            .insert((region, life), epoch)
            .unwrap_or(Epoch::ZERO);
        demand(epoch >= before, "P13", || {
            format!("region {region} serves epoch {epoch} after epoch {before}")
        })
    }
}
