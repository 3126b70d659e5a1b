//! The proxy between real sockets: a database that answers lines, clients, and a lease record that
//! the test writes.

#[cfg(test)]
#[cfg(target_os = "linux")]
mod frozen;
#[cfg(test)]
mod held;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod served;
#[cfg(test)]
mod support;
#[cfg(test)]
mod valid;
