//! What the tests of the functions stand on: Lambda, AWS, databases and HTTP servers, all on the loopback network.
//!
//! Everything that is started here ends when it is dropped. What cannot be had on this machine is said loudly, and its
//! tests pass over themselves. Failures panic, as tests do.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "these are parts of tests; a failed step ends the test"
)]

pub mod certificates;
pub mod cloudwatch;
pub mod http_server;
pub mod lambda;
pub mod moto;
pub mod postgres;
pub mod server;
pub mod unprivileged;
pub mod waiting;
