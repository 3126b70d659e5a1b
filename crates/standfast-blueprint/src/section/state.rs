//! Where the state of the synthesized modules is kept.

use standfast_units::Region;

use crate::grammar::record;
use crate::scalar::MaybeText;

record! {
    /// Where the state of the synthesized modules is kept.
    pub(crate) struct StateSection {
        /// The bucket; each module keeps its state in its own folder when absent or empty.
        optional bucket: MaybeText,
        /// The region of the bucket, which must not be the home region: the state is needed most when
        /// that one is lost.
        required region: Region,
    }
}
