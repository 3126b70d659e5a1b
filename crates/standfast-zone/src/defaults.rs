//! The numbers of a zone that no blueprint sets.

use standfast_units::Ttl;

/// How long a resolver may remember that a name or a type is absent (RFC 2308 §5: the smaller of the
/// SOA's own time to live and its minimum field; we send both equal in negative answers).
///
/// Bounds how long a client that asked before a name's first publication goes on believing that it
/// has no address. RFC 2308 suggests hours, for zones whose names do not come up within seconds.
pub const NEGATIVE_TTL: Ttl = Ttl::seconds(5).expect("within range");

/// SOA refresh, retry and expire, in seconds: one hour, ten minutes, two weeks, within what RFC 1912
/// §2.2 recommends. Nominal: they steer zone transfers, which are refused; each name server takes the
/// zone from the store instead.
pub const SOA_REFRESH_S: u32 = 3_600;
/// See [`SOA_REFRESH_S`].
pub const SOA_RETRY_S: u32 = 600;
/// See [`SOA_REFRESH_S`].
pub const SOA_EXPIRE_S: u32 = 1_209_600;

/// Most aliases followed for one answer. A chain we publish has one link; the bound makes every
/// answer finite whatever has been published.
pub const ALIASES_MAX: usize = 8;
