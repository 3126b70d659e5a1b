//! Sizes as AWS counts them.

use standfast_units::Bytes;

/// A size in the unit of disks: `100GB` is what AWS calls 100, and never less than was asked for.
pub(crate) fn gibibytes(size: Bytes) -> i64 {
    let bytes = size.get();
    let count = if bytes.is_multiple_of(1_000_000_000) {
        bytes / 1_000_000_000
    } else {
        bytes.div_ceil(1 << 30)
    };
    i64::try_from(count).unwrap_or(i64::MAX)
}
