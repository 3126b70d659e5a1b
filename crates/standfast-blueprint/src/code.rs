//! The stable codes of what can be wrong with a blueprint.
//!
//! A code keeps its number for ever; one that is no longer raised is retired, never reused.

use std::fmt;

use serde::{Serialize, Serializer};

/// What has to be looked at to see a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The text of the file, or the environment.
    Document,
    /// Keys and values one by one. The JSON Schema sees these, and only these.
    Structure,
    /// What several values mean together, or a well-formed value that stands for nothing.
    Meaning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $layer:ident;)*) => {
        /// The stable code of a problem; `docs/errors/<CODE>.md` explains it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its text, as in `BP-004`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What has to be looked at to see the problem.
            pub const fn layer(self) -> Layer {
                match self {
                    $(Self::$name => Layer::$layer,)*
                }
            }
        }
    };
}

codes! {
    /// The file is not YAML.
    NotYaml = "BP-001", Document;
    /// A key stands twice in one mapping.
    DuplicateKey = "BP-002", Document;
    /// A part of YAML that a blueprint does not use.
    UnusedYaml = "BP-003", Document;
    /// `${NAME}` without a value, or not closed.
    Environment = "BP-004", Document;
    /// A key that nothing reads.
    UnknownKey = "BP-010", Structure;
    /// A key that must be there is not.
    MissingKey = "BP-011", Structure;
    /// A mapping where a number belongs, and the like.
    WrongKind = "BP-012", Structure;
    /// A text that is not a duration, a size, a name, and the like.
    Malformed = "BP-013", Structure;
    /// A word outside a fixed list.
    UnknownChoice = "BP-014", Structure;
    /// A number outside its bounds, or nothing where something must be.
    OutOfRange = "BP-015", Structure;
    /// Well formed, but no such value exists: February 30, a network with host bits.
    Impossible = "BP-016", Meaning;
    /// A secret written into the file instead of a reference to it.
    LiteralSecret = "BP-017", Structure;
    /// A version of the format that this program does not read.
    Version = "BP-018", Structure;
    /// No home region, or several.
    Home = "BP-030", Meaning;
    /// Several witness regions.
    Witnesses = "BP-031", Meaning;
    /// A witness region that would hold data.
    WitnessHoldsData = "BP-032", Meaning;
    /// Nothing could take over.
    NowhereToGo = "BP-033", Meaning;
    /// Networks of two regions overlap.
    Overlap = "BP-034", Meaning;
    /// A database without a server in the home region.
    NoHomeServer = "BP-035", Meaning;
    /// A name that Standfast builds from others does not fit.
    NameTooLong = "BP-036", Meaning;
    /// Automatic failover without a third place to vote.
    NoWitness = "BP-037", Meaning;
    /// The timings of the lease do not fit into it (P2).
    LeaseTooShort = "BP-040", Meaning;
    /// Failover on its own may lose more than it is allowed to lose ("Loss without the gate").
    LossUnbounded = "BP-041", Meaning;
    /// The promised RTO is over before a failover may begin.
    RtoTooShort = "BP-042", Meaning;
    /// Commits that wait at no lag at all.
    BoundedByNothing = "BP-043", Meaning;
    /// A reference that leads to nothing.
    UnknownReference = "BP-050", Meaning;
    /// A reference that may lead to several things.
    Ambiguous = "BP-051", Meaning;
    /// Values that do not belong together: a metric and its unit, a thing and what is measured of it.
    Mismatch = "BP-052", Meaning;
    /// A production system that would not keep its data.
    Unprotected = "BP-053", Meaning;
    /// The state of the synthesized modules in the region whose loss it is needed for.
    StateAtHome = "BP-054", Meaning;
    /// Subnets that do not fit their network or its zones.
    Subnets = "BP-055", Meaning;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(
            Code::ALL
                .windows(2)
                .all(|pair| pair[0].as_str() < pair[1].as_str())
        );
    }
}
