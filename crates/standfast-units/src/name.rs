//! Names of places and things. A name says where something is, never what role it has.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::serde_as_text;

/// Longest name of a system, region or database; together with the suffixes Standfast adds, names
/// stay within the 63 bytes of a DNS label (RFC 1035 §2.3.4) and of a `PostgreSQL` identifier.
const NAME_BYTES_MAX: usize = 40;

/// Longest node name: database, region and ordinal; a replication slot (63 bytes) carries it.
const NODE_BYTES_MAX: usize = 60;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// The text is empty.
    #[error("a {what} must not be empty")]
    Empty {
        /// The kind of name.
        what: &'static str,
    },
    /// The text is longer than the limit.
    #[error("a {what} has at most {limit} characters, this one has {length}")]
    TooLong {
        /// The kind of name.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
        /// The length found in bytes.
        length: usize,
    },
    /// The text holds a character that is not allowed, or not allowed there.
    #[error(
        "a {what} consists of lower-case letters, digits and single hyphens between them; `{text}` does not"
    )]
    Form {
        /// The kind of name.
        what: &'static str,
        /// The text found.
        text: String,
    },
}

fn check(what: &'static str, text: &str, limit: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what });
    }
    if text.len() > limit {
        return Err(NameError::TooLong {
            what,
            limit,
            length: text.len(),
        });
    }
    let well_formed = text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    if well_formed {
        Ok(())
    } else {
        Err(NameError::Form {
            what,
            text: text.to_owned(),
        })
    }
}

macro_rules! name {
    ($(#[$meta:meta])* $type:ident, $what:literal, $limit:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Takes a text as a name.
            ///
            /// # Errors
            /// When the text is empty, too long, or holds more than lower-case letters, digits and
            /// single hyphens between them.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check($what, text, $limit)?;
                Ok(Self(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        serde_as_text!($type);
    };
}

name!(
    /// What one blueprint describes, in one environment: `<name>-<environment>`.
    System,
    "system name",
    2 * NAME_BYTES_MAX + 1
);
name!(
    /// A place where servers run, named by place (`us-east-1`), never by role.
    Region,
    "region name",
    NAME_BYTES_MAX
);
name!(
    /// A logical database of the blueprint, replicated over the nodes of its regions.
    Database,
    "database name",
    NAME_BYTES_MAX
);
name!(
    /// One database server in one zone of one region: `<database>-<region>-<ordinal>`.
    Node,
    "node name",
    NODE_BYTES_MAX
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_letters_digits_and_single_hyphens() {
        for good in ["a", "us-east-1", "payments", "0"] {
            assert_eq!(Region::new(good).unwrap().to_string(), good);
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "a.b", "ä", "a b"] {
            assert!(Region::new(bad).is_err(), "{bad:?} was taken");
        }
        assert!(Region::new(&"a".repeat(NAME_BYTES_MAX)).is_ok());
        assert!(Region::new(&"a".repeat(NAME_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_name_reads_back_from_json_and_a_bad_one_is_refused() {
        let node = Node::new("main-us-east-1-1").unwrap();
        let text = serde_json::to_string(&node).unwrap();
        assert_eq!(text, "\"main-us-east-1-1\"");
        assert_eq!(serde_json::from_str::<Node>(&text).unwrap(), node);
        assert!(serde_json::from_str::<Node>("\"Main\"").is_err());
    }
}
