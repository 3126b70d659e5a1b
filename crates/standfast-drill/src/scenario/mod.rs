//! What a drill can do to a system: one file for each fault, and the list of them.
//!
//! A fault's file holds its [`Script`]; the table below is the only place that names all of them. What
//! lists, parses, explains or runs scenarios goes over [`Scenario::ALL`] or reads the script, so that a
//! fault in the table is everywhere and one that is not is nowhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

mod freeze;
mod hang;
mod region_loss;
pub(crate) mod script;
mod starve;
mod switchover;

pub use script::Expectation;
use script::Script;

/// Makes [`Scenario`], its list and the way to each script from one table, so that none is in only one
/// of them.
macro_rules! scenarios {
    ($($(#[$doc:meta])* $scenario:ident => $script:path,)+) => {
        /// What is done to the system.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Scenario {
            $($(#[$doc])* $scenario,)+
        }

        impl Scenario {
            /// All of them, in the order a person would run them: the gentlest first.
            pub const ALL: &[Self] = &[$(Self::$scenario,)+];

            /// Everything that is particular to it.
            pub(crate) const fn script(self) -> &'static Script {
                match self {
                    $(Self::$scenario => &$script,)+
                }
            }
        }
    };
}

scenarios! {
    /// The product is asked to move the primary to another region.
    Switchover => switchover::SWITCHOVER,
    /// The primary's database server, and nothing beside it, runs for only a tenth of the time, in a fast
    /// rhythm, for at least twice the lease and until clients write or the promised time is over; then it
    /// runs freely.
    Starve => starve::STARVE,
    /// Every process of the primary's region is killed at once and held down until another region has
    /// taken over.
    RegionLoss => region_loss::REGION_LOSS,
    /// Every process of the primary's region is stopped at once, its proxy and name server too, for at
    /// least twice the lease and until another region has taken over; then all continue.
    Freeze => freeze::FREEZE,
    /// Every process of the primary's database server is stopped, and nothing beside it, for at least
    /// twice the lease and until clients write again or the promised time is over; then all continue.
    Hang => hang::HANG,
}

impl Scenario {
    /// What operators and reports call it.
    pub const fn name(self) -> &'static str {
        self.script().name
    }

    /// What it does, in one line.
    pub const fn summary(self) -> &'static str {
        self.script().summary
    }

    /// Whether the product keeps its promise under it, in this version.
    pub const fn expectation(self) -> Expectation {
        self.script().expectation
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no scenario.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no drill `{name}`{}; there are {}", suggestion(.name), names().join(", "))]
pub struct ScenarioError {
    /// The text.
    name: String,
}

fn names() -> Vec<&'static str> {
    Scenario::ALL
        .iter()
        .map(|scenario| scenario.name())
        .collect()
}

/// The name that was probably meant: a third of its letters may differ.
fn suggestion(name: &str) -> String {
    names()
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= (known.len() / 3).max(1))
        .min()
        .map_or_else(String::new, |(_, known)| {
            format!(" (did you mean `{known}`?)")
        })
}

impl FromStr for Scenario {
    type Err = ScenarioError;
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        Self::ALL
            .iter()
            .copied()
            .find(|scenario| scenario.name() == text)
            .ok_or_else(|| ScenarioError {
                name: text.to_owned(),
            })
    }
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
