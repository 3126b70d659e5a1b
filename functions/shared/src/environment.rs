//! Settings: a function has nothing but the variables it was started with.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::Cause;

/// A setting that is missing or makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The function cannot work without it.
    #[error("the environment variable {name} is not set")]
    Missing {
        /// Which one.
        name: &'static str,
    },
    /// It is set to something else than it takes.
    #[error("the environment variable {name} is not valid")]
    Invalid {
        /// Which one.
        name: &'static str,
        /// What is wrong with it.
        source: Cause,
    },
}

/// The variables. An empty one counts as absent, because that is how templates leave one out.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process. Those that are not UTF-8 are none of ours.
    pub fn of_process() -> Self {
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(pairs.collect())
    }

    /// The value, if there is one.
    pub fn optional(&self, name: &'static str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// When it is not set.
    pub fn required(&self, name: &'static str) -> Result<&str, Error> {
        self.optional(name).ok_or(Error::Missing { name })
    }

    /// The value, read as what it stands for, if there is one.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, Error>
    where
        T: FromStr<Err: Into<Cause>>,
    {
        self.optional(name)
            .map(|value| value.parse().map_err(|error| invalid(name, error)))
            .transpose()
    }
}

/// An error about the value of a variable.
pub fn invalid(name: &'static str, source: impl Into<Cause>) -> Error {
    Error::Invalid {
        name,
        source: source.into(),
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Chain;

    #[test]
    fn an_empty_variable_is_absent() {
        let environment = Environment::from_iter([("A", ""), ("B", "b")]);
        assert_eq!(environment.optional("A"), None);
        assert_eq!(environment.required("B").unwrap(), "b");
        let error = environment.required("A").unwrap_err();
        assert_eq!(error.to_string(), "the environment variable A is not set");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let environment = Environment::from_iter([("PORT", "65536")]);
        let error = environment.parsed::<u16>("PORT").unwrap_err();
        assert_eq!(
            Chain(&error).to_string(),
            "the environment variable PORT is not valid: number too large to fit in target type"
        );
    }
}
