//! The authoritative DNS server over a zone.
