//! Tables: items by key.

use crate::choice::{Recovery, Stream};
use crate::defaults;
use crate::grammar::record;
use crate::text::resource::AttributeName;

record! {
    /// A table: items by key.
    pub struct TableSpec {
        /// The attribute that tells items apart, a text.
        required key: AttributeName,
        /// The attribute that orders items with the same key, a text.
        optional sort: AttributeName,
        /// Whether every region that holds data has a copy. Copies converge, the last writer wins.
        default replicate: bool = false,
        /// How far back it can be restored.
        default recovery: Recovery = defaults::RECOVERY,
        /// What its stream of changes shows.
        optional stream: Stream,
        /// The attribute that holds when an item may be removed, in seconds since 1970.
        optional expires: AttributeName,
    }
}
