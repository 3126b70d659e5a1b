//! The store as a whole: real processes, real sockets, real files.

// The attribute makes the allowances for tests reach the helpers in these modules.
#[cfg(test)]
mod client;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod process;
#[cfg(test)]
mod server;
#[cfg(test)]
mod support;
