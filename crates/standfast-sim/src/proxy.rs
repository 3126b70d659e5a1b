//! A proxy's process: what its reads of the record have proven.

use std::time::Duration;

use standfast_proxy::validity::{Proof, Validity};

use crate::clock::Clock;
use crate::queue::Time;

#[derive(Debug)]
pub(crate) struct ProxyProcess {
    pub(crate) validity: Validity,
    pub(crate) clock: Clock,
    pub(crate) frozen_until: Time,
}

impl ProxyProcess {
    pub(crate) fn new(lease: Duration, clock: Clock) -> Self {
        Self {
            validity: Validity::new(lease, lease / 100),
            clock,
            frozen_until: 0,
        }
    }

    pub(crate) fn proof(&self) -> &Proof {
        self.validity.proof()
    }
}
