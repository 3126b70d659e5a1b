//! Why a relay does not work.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why the relay does not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is not a route, destination, command or answer.
    #[error("`{0}` is not understood")]
    Text(String),
    /// An address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The control socket cannot be used.
    #[error("cannot use the control socket `{path}`")]
    Socket {
        /// The socket.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The relay refused a command.
    #[error("the relay refused: {0}")]
    Refused(String),
}
