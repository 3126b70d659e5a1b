//! Who may take over, and when.

use std::time::Duration;

use crate::choice::{Alone, Gate, Mode};
use crate::defaults;
use crate::grammar::record;
use crate::source::Spanned;

record! {
    /// Who may take over, and when.
    pub(crate) struct FailoverSection {
        /// Who decides.
        default mode: Mode = defaults::MODE,
        /// How long a silent primary keeps its right to write; at least 1s.
        implied lease: Spanned<Duration> = defaults::LEASE,
        /// How long loss of a region must last before another one is promoted.
        default hold_down: Duration = defaults::HOLD_DOWN,
        /// How long after a failover the next automatic one waits.
        default cool_down: Duration = defaults::COOL_DOWN,
        /// The most writes an automatic failover may lose, as the time in which they were made; the
        /// promised RPO when absent. An operator may override it by name.
        optional max_loss: Spanned<Duration>,
        /// What a primary does when its last synchronous standby is gone.
        default alone: Alone = defaults::ALONE,
        /// What keeps acknowledgements of a deposed primary from clients.
        default gate: Gate = defaults::GATE,
    }
}

impl FailoverSection {
    /// The section when there is none.
    pub(crate) fn absent() -> Self {
        Self {
            mode: defaults::MODE,
            lease: None,
            hold_down: defaults::HOLD_DOWN,
            cool_down: defaults::COOL_DOWN,
            max_loss: None,
            alone: defaults::ALONE,
            gate: defaults::GATE,
        }
    }
}
