//! Why the server of the store does not run.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why the server does not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on; most often, another process does.
    #[error("the store cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Another process has the file open.
    #[error("the store's file {} is in use by another process", .path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened or created.
    #[error("the store's file {} cannot be opened", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is not a store, or is damaged beyond what a crash can do.
    #[error("the store's file {} is damaged or not a store", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<redb::Error>,
    },
    /// The file was written by another version.
    #[error("the store's file {} has format {found}, which this version does not read", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u64,
    },
    /// A commit failed. What the disk holds is known only after the file is opened again.
    #[error("the store's file {} cannot be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<redb::Error>,
    },
    /// The thread that writes the file cannot be started.
    #[error("the thread that writes the store's file cannot be started")]
    Spawn {
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A part of the server ended by itself, which is a bug.
    #[error("a part of the store ended unexpectedly")]
    Panicked,
}
