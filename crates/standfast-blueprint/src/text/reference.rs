//! How the sections of the file refer to each other, as in `databases.main`.

use std::fmt;

use crate::grammar::as_text;
use crate::grammar::word::{Word, WordProblem};
use crate::text::name::Name;

/// A section whose entries others refer to, as in `databases.main`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `databases`
    Databases,
    /// `services`
    Services,
    /// `functions`
    Functions,
    /// `tables`
    Tables,
    /// `buckets`
    Buckets,
    /// `parameters`
    Parameters,
    /// `names`: the records in it
    Names,
}

impl Section {
    const ALL: [Self; 7] = [
        Self::Databases,
        Self::Services,
        Self::Functions,
        Self::Tables,
        Self::Buckets,
        Self::Parameters,
        Self::Names,
    ];

    /// Its key in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Databases => "databases",
            Self::Services => "services",
            Self::Functions => "functions",
            Self::Tables => "tables",
            Self::Buckets => "buckets",
            Self::Parameters => "parameters",
            Self::Names => "names",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An entry of a section, as in `databases.main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The section.
    pub section: Section,
    /// The name of the entry.
    pub name: String,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", self.section, self.name))
    }
}

/// Whether a text has the form of a name; whether anything is called so is found out later.
fn has_name_form(text: &str) -> bool {
    text.parse::<Name>().is_ok()
}

fn reference(text: &str, sections: &[Section]) -> Option<Reference> {
    let (section, name) = text.split_once('.')?;
    let section = Section::ALL
        .into_iter()
        .find(|each| each.as_str() == section)?;
    (sections.contains(&section) && has_name_form(name)).then(|| Reference {
        section,
        name: name.to_owned(),
    })
}

/// The form of a name of at most 40 characters, within a longer text.
macro_rules! name_form {
    () => {
        r"(?=[a-z0-9-]{1,40}($|[^a-z0-9-]))[a-z0-9]+(-[a-z0-9]+)*"
    };
}

as_text!(Reference);

impl Word for Reference {
    const NAME: &'static str = "reference";
    const WHAT: &'static str = "something of this file, as in `databases.main`";
    const PATTERN: &'static str = concat!(
        "^(databases|services|functions|tables|buckets|parameters|names)\\.",
        name_form!(),
        "$"
    );
    const EXAMPLES: &'static [&'static str] = &["databases.main", "services.web"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        reference(text, &Section::ALL).ok_or_else(|| {
            WordProblem::malformed(format!(
                "`{text}` refers to nothing; write section and name, as in `databases.main`"
            ))
        })
    }
}

/// What a function or a service uses: something of this file, or a right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Something of this file.
    Thing(Reference),
    /// The right to publish measurements.
    Metrics,
    /// The right to tell people.
    Notify,
    /// The right to move the databases to another region, and the names with them.
    Failover,
}

const USABLE: [Section; 5] = [
    Section::Databases,
    Section::Tables,
    Section::Buckets,
    Section::Parameters,
    Section::Names,
];

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thing(reference) => reference.fmt(f),
            Self::Metrics => f.pad("metrics"),
            Self::Notify => f.pad("notify"),
            Self::Failover => f.pad("failover"),
        }
    }
}
as_text!(Use);

impl Word for Use {
    const NAME: &'static str = "use";
    const WHAT: &'static str = "something to use, as in `databases.main` or `metrics`";
    const PATTERN: &'static str = concat!(
        "^((databases|tables|buckets|parameters|names)\\.",
        name_form!(),
        "|metrics|notify|failover)$"
    );
    const EXAMPLES: &'static [&'static str] = &["databases.main", "buckets.audit", "metrics"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        match text {
            "metrics" => return Ok(Self::Metrics),
            "notify" => return Ok(Self::Notify),
            "failover" => return Ok(Self::Failover),
            _ => {}
        }
        reference(text, &USABLE).map(Self::Thing).ok_or_else(|| {
            WordProblem::malformed(format!(
                "`{text}` cannot be used: databases, tables, buckets, parameters and names can \
                 (as in `databases.main`), and the rights `metrics`, `notify` and `failover`"
            ))
        })
    }
}

/// What of a database a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatabaseFact {
    /// Where to write, in the region of the parameter.
    Writer,
    /// Where to read, in the region of the parameter.
    Reader,
    /// The port of both.
    Port,
    /// The database within the server.
    Name,
    /// The name of the secret with the credentials.
    Secret,
}

impl DatabaseFact {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Writer, "writer"),
        (Self::Reader, "reader"),
        (Self::Port, "port"),
        (Self::Name, "name"),
        (Self::Secret, "secret"),
    ];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        let known = Self::ALL.into_iter().find(|(fact, _)| *fact == self);
        known.map_or("", |(_, word)| word)
    }
}

/// What a published parameter holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A fact about a database.
    Database(Reference, DatabaseFact),
    /// The name of a table or bucket, or of the balancer of a service.
    Thing(Reference),
}

impl Source {
    /// What it is about.
    pub const fn reference(&self) -> &Reference {
        match self {
            Self::Database(reference, _) | Self::Thing(reference) => reference,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(reference, fact) => f.pad(&format!("{reference}.{}", fact.as_str())),
            Self::Thing(reference) => reference.fmt(f),
        }
    }
}
as_text!(Source);

impl Word for Source {
    const NAME: &'static str = "source";
    const WHAT: &'static str = "what a parameter holds, as in `databases.main.writer`";
    const PATTERN: &'static str = concat!(
        "^(databases\\.",
        name_form!(),
        "\\.(writer|reader|port|name|secret)|(tables|buckets|services)\\.",
        name_form!(),
        ")$"
    );
    const EXAMPLES: &'static [&'static str] = &["databases.main.writer", "buckets.assets"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let fact = || {
            let (thing, word) = text.rsplit_once('.')?;
            let fact = DatabaseFact::ALL.into_iter().find(|(_, w)| *w == word)?.0;
            Some(Self::Database(
                reference(thing, &[Section::Databases])?,
                fact,
            ))
        };
        let things = [Section::Tables, Section::Buckets, Section::Services];
        reference(text, &things)
            .map(Self::Thing)
            .or_else(fact)
            .ok_or_else(|| {
                WordProblem::malformed(format!(
                    "`{text}` is nothing a parameter holds; write as in `databases.main.writer` \
                     (or reader, port, name, secret), `tables.sessions`, `buckets.assets`, \
                     `services.web`"
                ))
            })
    }
}

/// What a dashboard shows: an alarm and what it watches, or a metric of something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Widget {
    /// The metric of an alarm with its threshold, or a metric of the only thing that has it.
    Named(String),
    /// A metric of something of this file.
    Of(String, Reference),
}

impl fmt::Display for Widget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.pad(name),
            Self::Of(metric, reference) => f.pad(&format!("{metric} of {reference}")),
        }
    }
}
as_text!(Widget);

impl Word for Widget {
    const NAME: &'static str = "widget";
    const WHAT: &'static str = "an alarm or a metric, as in `lag` or `cpu of databases.main`";
    const PATTERN: &'static str = concat!(
        "^",
        name_form!(),
        "( of (databases|services|functions|tables|buckets|parameters|names)\\.",
        name_form!(),
        ")?$"
    );
    const EXAMPLES: &'static [&'static str] = &["lag", "cpu of databases.main"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let widget = match text.split_once(" of ") {
            None if has_name_form(text) => Some(Self::Named(text.to_owned())),
            Some((metric, thing)) if has_name_form(metric) => {
                reference(thing, &Section::ALL).map(|thing| Self::Of(metric.to_owned(), thing))
            }
            None | Some(_) => None,
        };
        widget.ok_or_else(|| {
            WordProblem::malformed(format!(
                "`{text}` is nothing a dashboard shows; write the name of an alarm, or a metric as \
                 in `cpu of databases.main`"
            ))
        })
    }
}
