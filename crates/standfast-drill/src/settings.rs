//! What a drill is asked to do.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use standfast_units::Database;
use thiserror::Error;

use crate::defaults;

/// How the load is made up. Checked when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadPlan {
    writes_per_second: u32,
    clients: u32,
    attempt_within: Duration,
    connect_within: Duration,
}

/// Why a load plan makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadPlanError {
    /// The number of clients is out of range.
    #[error(
        "a drill has {} to {} clients, not {found}; with fewer, not every path is used by every habit",
        defaults::CLIENTS_MIN,
        defaults::CLIENTS_MAX
    )]
    Clients {
        /// The number asked for.
        found: u32,
    },
    /// The number of writes is out of range.
    #[error(
        "a drill makes {} to {} writes a second, not {found}",
        defaults::WRITES_PER_SECOND_MIN,
        defaults::WRITES_PER_SECOND_MAX
    )]
    Writes {
        /// The number asked for.
        found: u32,
    },
    /// A connection may take longer than the attempt it is part of.
    #[error("connect_within ({connect:?}) must be shorter than attempt_within ({attempt:?})")]
    Timeouts {
        /// The bound on a connection.
        connect: Duration,
        /// The bound on an attempt.
        attempt: Duration,
    },
}

impl Default for LoadPlan {
    fn default() -> Self {
        Self {
            writes_per_second: defaults::WRITES_PER_SECOND,
            clients: defaults::CLIENTS,
            attempt_within: defaults::ATTEMPT_WITHIN,
            connect_within: defaults::CONNECT_WITHIN,
        }
    }
}

impl LoadPlan {
    /// So many writes a second in total, spread evenly over so many clients.
    ///
    /// # Errors
    /// When a number is out of range.
    pub fn new(writes_per_second: u32, clients: u32) -> Result<Self, LoadPlanError> {
        if !(defaults::CLIENTS_MIN..=defaults::CLIENTS_MAX).contains(&clients) {
            return Err(LoadPlanError::Clients { found: clients });
        }
        if !(defaults::WRITES_PER_SECOND_MIN..=defaults::WRITES_PER_SECOND_MAX)
            .contains(&writes_per_second)
        {
            return Err(LoadPlanError::Writes {
                found: writes_per_second,
            });
        }
        Ok(Self {
            writes_per_second,
            clients,
            ..Self::default()
        })
    }

    /// With other bounds on how long one attempt, and one connection, may take.
    ///
    /// # Errors
    /// When a connection may take as long as the attempt.
    pub fn with_timeouts(
        self,
        attempt: Duration,
        connect: Duration,
    ) -> Result<Self, LoadPlanError> {
        if connect >= attempt {
            return Err(LoadPlanError::Timeouts { connect, attempt });
        }
        Ok(Self {
            attempt_within: attempt,
            connect_within: connect,
            ..self
        })
    }

    /// Writes a second, all clients together.
    pub const fn writes_per_second(&self) -> u32 {
        self.writes_per_second
    }

    /// How many clients write.
    pub const fn clients(&self) -> u32 {
        self.clients
    }

    pub(crate) const fn attempt_within(&self) -> Duration {
        self.attempt_within
    }

    pub(crate) const fn connect_within(&self) -> Duration {
        self.connect_within
    }

    /// The time between two writes of one client.
    pub(crate) fn period(&self) -> Duration {
        Duration::from_secs(1) * self.clients / self.writes_per_second
    }
}

/// How a drill ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// With a switchover back to where the primary was, and the system as before.
    ReturnHome,
    /// With the primary where the drill has moved it.
    Stay,
}

/// How long a drill waits for each state it has to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a system ready to be broken.
    pub ready: Duration,
    /// For a takeover, beyond lease and hold-down.
    pub takeover: Duration,
    /// For the former primary to follow.
    pub rejoin: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            ready: defaults::READY_WITHIN,
            takeover: defaults::TAKEOVER_WITHIN,
            rejoin: defaults::REJOIN_WITHIN,
        }
    }
}

/// Everything a drill needs to be told.
#[derive(Debug, Clone)]
pub struct DrillSettings {
    /// The product's command.
    pub program: PathBuf,
    /// What comes before each subcommand, such as the file of the blueprint.
    pub arguments: Vec<OsString>,
    /// Which database is written to and watched; the first one unless named.
    pub database: Option<Database>,
    /// The load.
    pub load: LoadPlan,
    /// How the drill ends.
    pub finish: Finish,
    /// How long it waits for each state.
    pub patience: Patience,
}

impl DrillSettings {
    /// Settings with the documented defaults for everything but the command.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            database: None,
            load: LoadPlan::default(),
            finish: Finish::ReturnHome,
            patience: Patience::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_too_small_to_mean_anything_is_refused() {
        assert!(LoadPlan::new(200, 8).is_ok());
        assert!(LoadPlan::new(199, 8).is_err());
        assert!(LoadPlan::new(200, 7).is_err());
        assert!(LoadPlan::new(200, 65).is_err());
        let plan = LoadPlan::new(200, 8).unwrap();
        assert_eq!(plan.period(), Duration::from_millis(40));
        assert!(
            plan.with_timeouts(Duration::from_secs(1), Duration::from_secs(1))
                .is_err()
        );
    }
}
