//! P22: once a newer epoch has accepted a write, a proxy forwards no answer of an older one, unless that
//! epoch was released in order and its successor has the write: answers given before the stop may still be on
//! their way, and lose nothing.

use standfast_units::Epoch;

use super::{Verdict, demand};

/// `kept`: whether the primary of the newest epoch has the write that is answered.
pub(crate) fn check(
    region: usize,
    epoch: Epoch,
    newest: u64,
    kept: impl FnOnce() -> bool,
) -> Verdict {
    demand(epoch.get() >= newest || kept(), "P22", || {
        format!(
            "the proxy of region {region} forwards an answer of epoch {epoch} after epoch {newest} \
             accepted a write, and the write is lost"
        )
    })
}
