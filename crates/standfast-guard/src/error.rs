//! Why a guard could not start, or had to give up.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a guard could not start, or had to give up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Another guard holds the run folder.
    #[error("another guard (process {holder}) holds {}; one node has one guard", path.display())]
    Held {
        /// The lock.
        path: PathBuf,
        /// Who says it holds it.
        holder: String,
    },
    /// The settings name no trampoline.
    #[error("no trampoline is set: without one the database would outlive a killed guard")]
    NoTrampoline,
    /// A file of the run folder could not be made.
    #[error("cannot {what} {}", path.display())]
    File {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The kernel refused something the guard cannot do without.
    #[error("cannot {what}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: the kernel refused `what`.
    pub(crate) fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System {
            what,
            source: source.into(),
        }
    }

    /// For `map_err`: `what` failed on `path`.
    pub(crate) fn file<E: Into<io::Error>>(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(E) -> Self {
        let path = path.into();
        move |source| Self::File {
            what,
            path,
            source: source.into(),
        }
    }
}
