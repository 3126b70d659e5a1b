//! Findings that are accepted.

use crate::grammar::record;
use crate::text::date::Date;

record! {
    /// Why a finding is accepted, and until when.
    pub struct Waiver {
        /// Why it is accepted.
        required reason: String,
        /// The day after which it is raised again.
        required until: Date,
    }
}
