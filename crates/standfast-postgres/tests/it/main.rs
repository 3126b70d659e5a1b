//! The adapter against real servers.

#[cfg(test)]
mod failover;
#[cfg(test)]
mod log;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod primary;
#[cfg(test)]
mod refusals;
