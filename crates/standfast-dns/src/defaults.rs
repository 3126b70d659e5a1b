//! The numbers of the server that no blueprint sets.

use std::time::Duration;

/// Largest answer over UDP to a client that says by EDNS it can take that much: fits an Ethernet
/// frame on every path that carries IPv6's least MTU, so that no answer is fragmented (DNS flag
/// day 2020).
pub const UDP_PAYLOAD_BYTES_MAX: u16 = 1_232;

/// Largest answer over UDP to a client that does not use EDNS (RFC 1035 §4.2.1).
pub const UDP_PAYLOAD_BYTES_PLAIN: u16 = 512;

/// How long a TCP connection may stay silent before it is closed (RFC 7766 §6.2.3 asks for a few
/// seconds at least). Connections are not counted: what bounds them is this and the process's limit of
/// open files.
pub const TCP_IDLE_MAX: Duration = Duration::from_secs(5);

/// Answers waiting to be sent on one TCP connection.
pub const TCP_ANSWERS_WAITING_MAX: usize = 32;

/// TCP connections waiting to be accepted; what the standard library asks for as well.
pub const TCP_CONNECTIONS_WAITING_MAX: u32 = 128;

/// How often a port that the system picked for UDP is tried for TCP before giving up. Each try fails
/// only when another process listens on just that port.
pub const ANY_PORT_TRIES: u16 = 16;
