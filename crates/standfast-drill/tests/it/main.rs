//! Drills on real `PostgreSQL` servers, behind a stand-in for the product's command.
//!
//! The stand-in is a shell script that prints what the test has written down. What it lets happen is
//! planted: a drill that does not find it is broken.

#[cfg(test)]
mod name_server;
#[cfg(test)]
mod one_server;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod product;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod two_servers;
