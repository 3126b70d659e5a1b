//! DNS records as a numbered value, and which answer a question gets; pure.
//!
//! A [`DnsZone`] is what one system's name servers say: the addresses of its names, each under the
//! [`Epoch`](standfast_units::Epoch) it was decided in. It changes only through [`DnsZone::publish`],
//! which keeps P13: a set under an older epoch than the newest seen for its name is refused, and an
//! empty set is never published, so that neither a stale plan nor a half-read one can take an answer
//! away. [`DnsZone::answer`] is a total function of name and type.
//!
//! Which names a system has, and what they mean, is said in [`SystemNames`].
//!
//! Deliberately absent: sockets, wire format and caching (`standfast-dns`), health probes, wildcards
//! (an unknown name must be seen to be unknown), zone transfers, dynamic updates and DNSSEC.
//!
//! Follows RFC 1034 §4.3.2 (answers), RFC 2308 (negative answers), RFC 2782 (SRV), RFC 4343 (case),
//! RFC 8020 (a name with something beneath it exists) and RFC 8482 (ANY).

#![deny(clippy::wildcard_enum_match_arm)]

mod answer;
pub mod defaults;
mod derived;
mod name;
mod publication;
mod record;
mod refused;
mod system;
mod zone;

pub use answer::Answer;
pub use name::{DnsName, DnsNameError};
pub use record::{Generation, Record, RecordData, RecordSet, RecordTarget, RecordType, Soa, Srv};
pub use refused::Refused;
pub use system::{DatabaseNames, NameServer, SystemNames, Writer, reader_name, writer_name};
pub use zone::{DnsZone, Published};
