//! The authoritative DNS server over a [`DnsZone`](standfast_zone::DnsZone).
//!
//! Answers questions over UDP and TCP on one port, from a zone that is swapped as a whole:
//! a question is answered from the zone before or the zone after [`Server::publish`], never from a
//! mixture. As a receiver of zones the server keeps P13: one that goes back is refused.
//!
//! Which answer a question gets is decided by [`DnsZone::answer`](standfast_zone::DnsZone::answer), and
//! tabulated when a zone is published, so that a question for a name that exists costs one look-up.
//!
//! Deliberately absent: recursion, zone transfers, NOTIFY, dynamic updates, DNSSEC, encrypted
//! transports, rotation of addresses (`libpq` shuffles them when asked to with
//! `load_balance_hosts`). It serves one system to that system's clients, not the public.
//!
//! Follows RFC 1035, RFC 2308 (negative answers), RFC 6891 (EDNS), RFC 7766 (TCP), RFC 8482 (ANY)
//! and RFC 9619 (one question a message). Wire format and sockets are those of `hickory-server`, which
//! logs each answer at INFO under the target `hickory_server`; a program that sets up logging wants it at
//! WARN there.

pub mod defaults;
mod error;
mod handler;
mod server;
mod table;

pub use error::{Error, Transport};
pub use server::Server;
