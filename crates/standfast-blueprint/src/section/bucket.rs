//! Buckets: objects, one bucket per region.

use std::time::Duration;

use crate::choice::{ReplicateTo, Ways};
use crate::grammar::record;

record! {
    /// A bucket: one per region that holds data, encrypted and closed to the public.
    pub struct BucketSpec {
        /// Whether older versions of objects are kept; replication needs it.
        default versioned: bool = true,
        /// How objects reach the other regions; not at all when absent.
        optional replicate: ReplicateSpec,
    }
}

record! {
    /// How objects reach the other regions.
    pub struct ReplicateSpec {
        /// Which regions have a copy.
        default to: ReplicateTo = ReplicateTo::All,
        /// Whether every region replicates to every other, or the home region to the others.
        default ways: Ways = Ways::Both,
        /// The time within which all but one in ten thousand objects arrive; this, not the promised
        /// RPO, is what may be lost of objects. The cloud offers 15m; without it there is no bound.
        optional within: Duration,
        /// Whether deletions travel too.
        default deletes: bool = false,
    }
}
