//! P22: a proxy forwards no answer of an epoch once a newer one has accepted a write.

use standfast_units::Epoch;

use super::{Verdict, demand};

pub(crate) fn check(region: usize, epoch: Epoch, newest: u64) -> Verdict {
    demand(epoch.get() >= newest, "P22", || {
        format!(
            "the proxy of region {region} forwards an answer of epoch {epoch} after epoch {newest} \
             accepted a write"
        )
    })
}
