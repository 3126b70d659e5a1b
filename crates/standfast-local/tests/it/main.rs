//! The crate against real processes, files and sockets.

#[cfg(test)]
mod cleaning;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod relaying;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod supervising;
#[cfg(test)]
mod support;
