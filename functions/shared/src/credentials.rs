//! Who a function is to its database.
//!
//! A password is never shown: not by `Debug`, and not by way of the message of a parser that quotes what it could not
//! read. Credentials are kept between invocations and read anew when the database refuses them, because that is what
//! a rotation looks like from here.

use std::fmt;

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::Cause;

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The secret could not be read.
    #[error("cannot read the secret of the database")]
    Read {
        /// The cause.
        source: Cause,
    },
    /// It could, and is not what it should be. The parser's own words would quote it, so they are left out.
    #[error(
        "the secret of the database is not a JSON object with the texts `username` and `password`"
    )]
    Shape,
}

/// A name and its password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Credentials {
    /// The role.
    pub username: String,
    /// Its password.
    pub password: String,
}

impl Credentials {
    /// Reads the JSON that AWS keeps for a database; what else stands in it is ignored.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn from_secret(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|_quotes_the_secret| Error::Shape)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Where credentials come from.
pub trait Source: Send + Sync {
    /// Reads them, as they are now.
    fn read(&self) -> impl Future<Output = Result<Credentials, Error>> + Send;
}

/// Credentials that never change.
impl Source for Credentials {
    async fn read(&self) -> Result<Credentials, Error> {
        Ok(self.clone())
    }
}

/// Credentials that are read once, and again when they were refused.
#[derive(Debug)]
pub struct Cached<S> {
    source: S,
    known: Mutex<Option<Credentials>>,
}

impl<S: Source> Cached<S> {
    /// Nothing is read yet.
    pub fn new(source: S) -> Self {
        Self {
            source,
            known: Mutex::new(None),
        }
    }

    /// The credentials, as they were when last read.
    ///
    /// # Errors
    ///
    /// When they were never read, and cannot be.
    pub async fn current(&self) -> Result<Credentials, Error> {
        let mut known = self.known.lock().await;
        if let Some(credentials) = known.as_ref() {
            return Ok(credentials.clone());
        }
        Ok(known.insert(self.source.read().await?).clone())
    }

    /// Other credentials than those that were `refused`, if there are any by now.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub async fn other_than(&self, refused: &Credentials) -> Result<Option<Credentials>, Error> {
        let mut known = self.known.lock().await;
        // Another caller may have read them while we were being refused.
        if known.as_ref().is_none_or(|known| known == refused) {
            *known = Some(self.source.read().await?);
        }
        Ok(known.clone().filter(|fresh| fresh != refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Chain;

    #[test]
    fn a_secret_may_hold_more_than_is_needed() {
        let text = r#"{"engine":"postgres","username":"app","password":"hunter2","port":5432}"#;
        let credentials = Credentials::from_secret(text).unwrap();
        assert_eq!(credentials.username, "app");
        assert_eq!(credentials.password, "hunter2");
    }

    #[test]
    fn no_message_quotes_a_password() {
        for text in [
            r#""hunter2""#,
            r#"{"username":"hunter2"}"#,
            "hunter2",
            r#"{"password":["hunter2"]}"#,
        ] {
            let error = Credentials::from_secret(text).unwrap_err();
            let told = format!("{} {error:?}", Chain(&error));
            assert!(!told.contains("hunter2"), "{told}");
        }
        let credentials = Credentials {
            username: "app".to_owned(),
            password: "hunter2".to_owned(),
        };
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
