//! Parameters, which may change while a function lives.

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;

use crate::Cause;

/// A parameter could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The call failed.
    #[error("cannot read the parameter {name}")]
    Read {
        /// Which one.
        name: String,
        /// The cause.
        source: Cause,
    },
    /// There is nothing in it.
    #[error("the parameter {name} is empty")]
    Empty {
        /// Which one.
        name: String,
    },
}

/// Reads a parameter as it is now.
///
/// # Errors
///
/// When it is not there, empty, or not ours to read.
pub async fn read(config: &SdkConfig, name: &str) -> Result<String, Error> {
    let answer = Client::new(config)
        .get_parameter()
        .name(name)
        .send()
        .await
        .map_err(|error| Error::Read {
            name: name.to_owned(),
            source: error.into(),
        })?;
    answer
        .parameter
        .and_then(|parameter| parameter.value)
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| Error::Empty {
            name: name.to_owned(),
        })
}
