//! The bounds a proxy keeps, checked together when it starts.
//!
//! Deliberately absent: where a setting comes from.

use std::time::Duration;

use standfast_units::{Bytes, format_duration};
use thiserror::Error;

use crate::defaults;

/// The bounds of one proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long the lease record must stand still before another node may take over (P1).
    pub lease: Duration,
    /// By how much two clocks may disagree about the length of a lease.
    pub clock_drift_max: Duration,
    /// How often the holder renews (P2).
    pub renew_every: Duration,
    /// How often the record is read while the door is open.
    pub poll_every: Duration,
    /// How often the record is read while the door is closed, and at most how often on demand.
    pub poll_every_closed: Duration,
    /// Bounds one read of the record.
    pub read_timeout: Duration,
    /// Bounds one attempt to connect to the database.
    pub connect_timeout: Duration,
    /// Bounds how long a client is held until it is connected to a database.
    pub connect_wait: Duration,
    /// Bounds how long a client may stay once the database has ended its side of the connection.
    pub half_closed_max: Duration,
    /// Bounds the clients served at once, those that wait included. Each takes two file descriptors.
    pub connections_max: usize,
    /// Bounds the clients not yet connected to a database.
    pub waiting_max: usize,
    /// Bounds each of the two buffers of a connection.
    pub buffer: Bytes,
}

/// Which rule the settings break.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A setting that must not be zero is.
    #[error("`{0}` must not be zero")]
    Zero(&'static str),
    /// A healthy holder would be cut off.
    #[error(
        "renew_every + 2 * poll_every + 4 * read_timeout + clock_drift_max = {} must be less than the lease, {}",
        format_duration(*.needed),
        format_duration(*.lease)
    )]
    Lease {
        /// The sum.
        needed: Duration,
        /// The lease.
        lease: Duration,
    },
    /// The buffer does not fit into memory.
    #[error("a buffer of {0} is too large")]
    Buffer(Bytes),
}

impl Settings {
    /// The settings for a lease, with the defaults for everything that does not follow from it.
    pub fn new(lease: Duration, clock_drift_max: Duration, renew_every: Duration) -> Self {
        let poll_every = renew_every / 4;
        Self {
            lease,
            clock_drift_max,
            renew_every,
            poll_every,
            poll_every_closed: defaults::POLL_EVERY_CLOSED.min(poll_every),
            read_timeout: lease / 8,
            connect_timeout: defaults::CONNECT_TIMEOUT,
            connect_wait: defaults::CONNECT_WAIT,
            half_closed_max: defaults::HALF_CLOSED_MAX,
            connections_max: defaults::CONNECTIONS_MAX,
            waiting_max: defaults::CONNECTIONS_MAX,
            buffer: defaults::BUFFER,
        }
    }

    /// Checks that a holder which renews in time is never cut off, as long as reads succeed.
    ///
    /// The last read before a renewal is sent at most `poll_every + 2 * read_timeout` before it: it
    /// may see the record as soon as it is sent, and the one after it, which must see the renewal,
    /// only at its end. The first read that shows the *next* renewal returns at most
    /// `poll_every + 2 * read_timeout` after that one, itself at most `renew_every` later.
    ///
    /// # Errors
    /// When the sum does not fit into the lease, or a bound is zero.
    pub fn check(&self) -> Result<(), SettingsError> {
        let spans = [
            ("renew_every", self.renew_every),
            ("poll_every", self.poll_every),
            ("poll_every_closed", self.poll_every_closed),
            ("read_timeout", self.read_timeout),
            ("connect_timeout", self.connect_timeout),
        ];
        if let Some((name, _)) = spans.into_iter().find(|(_, span)| span.is_zero()) {
            return Err(SettingsError::Zero(name));
        }
        if self.connections_max == 0 {
            return Err(SettingsError::Zero("connections_max"));
        }
        if self.buffer.get() == 0 {
            return Err(SettingsError::Zero("buffer"));
        }
        if self.buffer_len().is_none() {
            return Err(SettingsError::Buffer(self.buffer));
        }
        let needed = self
            .renew_every
            .saturating_add(self.poll_every.saturating_mul(2))
            .saturating_add(self.read_timeout.saturating_mul(4))
            .saturating_add(self.clock_drift_max);
        if needed < self.lease {
            Ok(())
        } else {
            Err(SettingsError::Lease {
                needed,
                lease: self.lease,
            })
        }
    }

    /// The buffer's length in memory; `None` beyond what a machine addresses in one piece.
    pub(crate) fn buffer_len(&self) -> Option<usize> {
        isize::try_from(self.buffer.get())
            .ok()
            .map(isize::unsigned_abs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(lease_ms: u64) -> Settings {
        let lease = Duration::from_millis(lease_ms);
        Settings::new(lease, lease / 20, lease * 7 / 40)
    }

    #[test]
    fn the_defaults_fit_every_lease_that_is_offered() {
        for lease_ms in [300, 2000, 5000, 30_000] {
            assert_eq!(settings(lease_ms).check(), Ok(()), "lease {lease_ms} ms");
        }
    }

    #[test]
    fn settings_that_would_cut_a_healthy_holder_off_are_refused_with_the_rule() {
        let mut slow = settings(5000);
        slow.poll_every = Duration::from_secs(2);
        let error = slow.check().unwrap_err().to_string();
        assert!(error.contains("2 * poll_every"), "{error}");
        assert!(error.contains("less than the lease, 5s"), "{error}");
    }

    #[test]
    fn bounds_of_zero_are_refused() {
        let mut none = settings(5000);
        none.connections_max = 0;
        assert_eq!(none.check(), Err(SettingsError::Zero("connections_max")));
        let mut none = settings(5000);
        none.buffer = Bytes::new(0);
        assert_eq!(none.check(), Err(SettingsError::Zero("buffer")));
        let mut huge = settings(5000);
        huge.buffer = Bytes::new(u64::MAX);
        assert_eq!(huge.check(), Err(SettingsError::Buffer(huge.buffer)));
    }
}
