//! What the sections that only a cloud has call things, and how they refer to each other.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Name, text_type};
use crate::read::{Problem, Word};

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

/// Serializes as the text in the file.
macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
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

    fn parse(text: &str) -> Result<Self, Problem> {
        reference(text, &Section::ALL).ok_or_else(|| {
            Problem::malformed(format!(
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

    fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "metrics" => return Ok(Self::Metrics),
            "notify" => return Ok(Self::Notify),
            "failover" => return Ok(Self::Failover),
            _ => {}
        }
        reference(text, &USABLE).map(Self::Thing).ok_or_else(|| {
            Problem::malformed(format!(
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

    fn parse(text: &str) -> Result<Self, Problem> {
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
                Problem::malformed(format!(
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

    fn parse(text: &str) -> Result<Self, Problem> {
        let widget = match text.split_once(" of ") {
            None if has_name_form(text) => Some(Self::Named(text.to_owned())),
            Some((metric, thing)) if has_name_form(metric) => {
                reference(thing, &Section::ALL).map(|thing| Self::Of(metric.to_owned(), thing))
            }
            None | Some(_) => None,
        };
        widget.ok_or_else(|| {
            Problem::malformed(format!(
                "`{text}` is nothing a dashboard shows; write the name of an alarm, or a metric as \
                 in `cpu of databases.main`"
            ))
        })
    }
}

/// A method and a path, as in `POST /payment`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The method of HTTP.
    pub method: &'static str,
    /// The path, from the root.
    pub path: String,
}

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.method, self.path))
    }
}
as_text!(Route);

impl Word for Route {
    const NAME: &'static str = "route";
    const WHAT: &'static str = "a method and a path, as in `POST /payment`";
    const PATTERN: &'static str = "^(GET|HEAD|POST|PUT|PATCH|DELETE) (/|(/[A-Za-z0-9._-]+)+)$";
    const EXAMPLES: &'static [&'static str] = &["POST /payment", "GET /health"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let segments = |path: &str| {
            path == "/"
                || path.strip_prefix('/').is_some_and(|rest| {
                    rest.split('/')
                        .all(|part| !part.is_empty() && part.bytes().all(plain))
                })
        };
        let route = text.split_once(' ').and_then(|(method, path)| {
            let method = METHODS.into_iter().find(|known| *known == method)?;
            segments(path).then(|| Self {
                method,
                path: path.to_owned(),
            })
        });
        route.ok_or_else(|| {
            Problem::malformed(format!(
                "`{text}` is not a route: a method in capitals and a path of letters, digits, \
                 dots, hyphens and underscores, as in `POST /payment`"
            ))
        })
    }
}

text_type! {
    /// The name of an environment variable.
    VariableName
}

impl Word for VariableName {
    const NAME: &'static str = "variableName";
    const WHAT: &'static str = "names of environment variables";
    const PATTERN: &'static str = "^[A-Za-z][A-Za-z0-9_]*$";
    const EXAMPLES: &'static [&'static str] = &["LOG_LEVEL"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not the name of an environment variable: letters, digits and underscores, \
             beginning with a letter"
        )))
    }
}

text_type! {
    /// The key of a tag.
    TagName
}

impl Word for TagName {
    const NAME: &'static str = "tagName";
    const WHAT: &'static str = "keys of tags";
    const PATTERN: &'static str = "^(?![aA][wW][sS]:)[A-Za-z0-9 _.:/=+@-]+$";
    const LENGTH_MAX: Option<usize> = Some(128);
    const EXAMPLES: &'static [&'static str] = &["Team", "cost-centre"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _.:/=+@-".contains(&byte);
        let reserved = text
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
        if (1..=128).contains(&text.len()) && text.bytes().all(plain) && !reserved {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not the key of a tag: at most 128 letters, digits, spaces and `_.:/=+@-`, \
             not beginning with `aws:`"
        )))
    }
}

text_type! {
    /// The name of an attribute of a table.
    AttributeName
}

impl Word for AttributeName {
    const NAME: &'static str = "attributeName";
    const WHAT: &'static str = "the name of an attribute";
    const PATTERN: &'static str = "^[A-Za-z0-9_.-]+$";
    const LENGTH_MAX: Option<usize> = Some(255);
    const EXAMPLES: &'static [&'static str] = &["id"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if (1..=255).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not the name of an attribute: letters, digits and `_.-`"
        )))
    }
}

text_type! {
    /// The ARN of a certificate.
    CertificateArn
}

impl Word for CertificateArn {
    const NAME: &'static str = "certificateArn";
    const WHAT: &'static str = "the ARN of a certificate";
    const PATTERN: &'static str = "^arn:[!-~]+$";
    const EXAMPLES: &'static [&'static str] =
        &["arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let rest = text.strip_prefix("arn:");
        if rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic())) {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not the ARN of a certificate"
        )))
    }
}

text_type! {
    /// The path of a parameter; `{region}` stands for the region it lies in.
    ParameterPath
}

impl Word for ParameterPath {
    const NAME: &'static str = "parameterPath";
    const WHAT: &'static str = "the path of a parameter, as in `/shop/{region}/endpoint`";
    const PATTERN: &'static str = r"^(/([A-Za-z0-9_.-]|\{region\})+)+$";
    const EXAMPLES: &'static [&'static str] = &["/shop/{region}/endpoint"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let placed = text.replace("{region}", "r");
        let fits = placed.strip_prefix('/').is_some_and(|rest| {
            rest.split('/')
                .all(|part| !part.is_empty() && part.bytes().all(plain))
        });
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not the path of a parameter: parts of letters, digits, `_.-` and \
             `{{region}}`, each after a slash"
        )))
    }
}

text_type! {
    /// A time of every day, as in `03:00-04:00` (UTC).
    DailyWindow
}

fn is_time(text: &str) -> bool {
    let two = |part: &str, below: u8| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|number| number < below)
    };
    text.split_once(':')
        .is_some_and(|(hour, minute)| two(hour, 24) && two(minute, 60))
}

impl Word for DailyWindow {
    const NAME: &'static str = "dailyWindow";
    const WHAT: &'static str = "a time of every day, as in `03:00-04:00`";
    const PATTERN: &'static str = "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$";
    const EXAMPLES: &'static [&'static str] = &["03:00-04:00"];

    fn parse(text: &str) -> Result<Self, Problem> {
        if text
            .split_once('-')
            .is_some_and(|(from, to)| is_time(from) && is_time(to))
        {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not a time of every day; write it as in `03:00-04:00` (UTC)"
        )))
    }
}

text_type! {
    /// A time of every week, as in `sun:04:00-sun:05:00` (UTC).
    WeeklyWindow
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Word for WeeklyWindow {
    const NAME: &'static str = "weeklyWindow";
    const WHAT: &'static str = "a time of every week, as in `sun:04:00-sun:05:00`";
    const PATTERN: &'static str = concat!(
        "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]",
        "-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$"
    );
    const EXAMPLES: &'static [&'static str] = &["sun:04:00-sun:05:00"];

    fn parse(text: &str) -> Result<Self, Problem> {
        let moment = |text: &str| {
            text.split_once(':')
                .is_some_and(|(day, time)| DAYS.contains(&day) && is_time(time))
        };
        if text
            .split_once('-')
            .is_some_and(|(from, to)| moment(from) && moment(to))
        {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::malformed(format!(
            "`{text}` is not a time of every week; write it as in `sun:04:00-sun:05:00` (UTC)"
        )))
    }
}
