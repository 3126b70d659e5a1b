//! Names of things and places.

use std::str::FromStr;

use serde_json::Value;
use standfast_units::{Database, NameError, Region};

use crate::grammar::definition::WriteDefault;
use crate::grammar::text_type;
use crate::grammar::word::{Word, WordProblem};

/// The form of a name, as `standfast-units` checks it.
const NAME_PATTERN: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// Longest name, as `standfast-units` checks it for regions and databases.
const NAME_LENGTH_MAX: usize = 40;

/// A name error, and the name that would do where lower case and hyphens are all it lacks.
fn bad_name<T: FromStr>(text: &str, error: &impl ToString) -> WordProblem {
    let folded = text.to_lowercase().replace(['_', ' ', '.'], "-");
    let problem = WordProblem::malformed(error.to_string());
    if folded.parse::<T>().is_err() {
        return problem;
    }
    WordProblem {
        help: Some((format!("write `{folded}`"), Some(folded))),
        ..problem
    }
}

macro_rules! name_word {
    ($type:ty, $name:literal, $what:literal, $examples:expr) => {
        impl Word for $type {
            const NAME: &'static str = $name;
            const WHAT: &'static str = $what;
            const PATTERN: &'static str = NAME_PATTERN;
            const LENGTH_MAX: Option<usize> = Some(NAME_LENGTH_MAX);
            const EXAMPLES: &'static [&'static str] = $examples;

            fn parse(text: &str) -> Result<Self, WordProblem> {
                text.parse().map_err(|error| bad_name::<Self>(text, &error))
            }
        }
    };
}

name_word!(
    Region,
    "regionName",
    "the name of a place",
    &["us-east-1", "frankfurt"]
);
name_word!(
    Database,
    "databaseName",
    "the name of a database",
    &["main", "orders"]
);
name_word!(Name, "name", "a name", &["payments", "web"]);

text_type! {
    /// A name: lower-case letters, digits and single hyphens between them, at most 40 characters.
    Name
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The form is that of every name of `standfast-units`; only the kind in its errors differs.
        match Database::new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(renamed(error, "name")),
        }
    }
}

fn renamed(error: NameError, kind: &'static str) -> NameError {
    match error {
        NameError::Empty { .. } => NameError::Empty { what: kind },
        NameError::TooLong { limit, length, .. } => NameError::TooLong {
            what: kind,
            limit,
            length,
        },
        NameError::Form { text, .. } => NameError::Form { what: kind, text },
        other => other,
    }
}

text_type! {
    /// A failure domain within a region, as in `us-east-1a`.
    Zone
}

impl Zone {
    /// The zone of a region with this index: `a` for the first.
    pub(crate) fn new(region: &Region, index: u8) -> Self {
        Self(format!(
            "{region}{}",
            char::from(b'a'.saturating_add(index))
        ))
    }
}

impl WriteDefault for Name {
    fn write(&self) -> Value {
        Value::from(self.as_str())
    }
}
