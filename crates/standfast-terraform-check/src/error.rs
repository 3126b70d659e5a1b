//! Why a module or a schema could not be read at all.

use std::io;
use std::path::PathBuf;

/// A module or a schema that could not be read. What is wrong inside a module is a [`Fault`](crate::Fault).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder could not be listed.
    #[error("cannot list the folder {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file could not be read as text.
    #[error("cannot read {}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file is not JSON.
    #[error("{file} is not JSON")]
    Json {
        /// The file, relative to the root module's folder.
        file: String,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// A module holds a file in Terraform's native syntax, whose declarations this crate cannot see.
    #[error("{file} is in Terraform's native syntax, and only JSON is read")]
    Native {
        /// The file, relative to the root module's folder.
        file: String,
    },
    /// There is no `*.tf.json` file in the root module's folder.
    #[error("there is no *.tf.json file")]
    Empty,
    /// A schema file does not have the form that `examples/cut.rs` writes.
    #[error("the schema cannot be read")]
    Schema {
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
}
