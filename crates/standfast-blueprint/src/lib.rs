//! The intended system: a blueprint's text becomes validated types, or a list of every problem in it.
//!
//! [`parse`] reads YAML 1.2.2 into a tree that knows its places, the tree into the types of the file,
//! and those into a [`Blueprint`] whose parts fit together. Each step reports what it finds and goes
//! on with the rest, so one run shows everything. [`schema`] is the same grammar as JSON Schema, for
//! editors.
//!
//! What this crate does not do: it touches no file, environment or clock (the environment is a
//! parameter), it prints nothing (a [`Diagnostic`] is data), and it does not judge a design (that is
//! the doctor's part). Secrets never pass through it, only references to them.

mod build;
mod check;
mod code;
pub mod defaults;
mod diagnostic;
mod expand;
mod file;
mod grammar;
mod model;
mod read;
mod schema;
mod source;
mod timings;
mod tree;
mod values;
mod words;

pub use code::{Code, Layer};
pub use diagnostic::{Diagnostic, Help, Label, Replacement, Severity};
pub use file::cloud::{
    AlarmSpec, BucketSpec, CallAccess, DashboardSpec, FunctionNetwork, FunctionSpec, Metric,
    Placement, PublishedParameterSpec, Recovery, ReplicateSpec, ReplicateTo, Statistic, Stream,
    TableSpec, Unit, Ways,
};
pub use file::{
    Alone, BackupSpec, Balancer, CheckSpec, Class, Durability, EncryptionKeySpec, Engine, Gate,
    InstancesSpec, LocalSpec, Mode, Nat, NotifySpec, ProbeSpec, Reach, RecordSpec, ServerlessSpec,
    ServiceSpec, Steering, StorageSpec, SubnetsSpec, Waiver,
};
pub use model::{
    Blueprint, CloudDatabaseSpec, DatabaseSpec, FailoverSpec, NamesSpec, NodeCounts, NodeSpec,
    Promise, RegionKind, RegionSpec, StateSpec,
};
pub use schema::schema;
pub use source::Span;
pub use timings::Timings;
pub use values::{Certificate, Threshold, Weight};
pub use words::{
    AttributeName, CertificateArn, DailyWindow, DatabaseFact, Date, DomainName, EmailAddress,
    EngineVersion, FindingCode, Identifier, Name, ParameterPath, Reference, Route, SecretReference,
    Section, SettingName, Source, TagName, UrlPath, Use, VariableName, WeeklyWindow, Widget, Zone,
};

use read::{Read, Reader};
use source::Source as Text;

/// Reads a blueprint. `environment` answers what a variable holds, if it is set.
///
/// The blueprint is there exactly when no problem is an error. Problems come in the order of the
/// text.
pub fn parse(
    source: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> (Option<Blueprint>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let tree = tree::read(&Text::new(source), source, environment, &mut problems);
    let mut reader = Reader::new(problems);
    let blueprint = match tree {
        Some(root) => file::Document::read(&root, &mut reader)
            .and_then(|document| build::build(document, &mut reader))
            .inspect(|blueprint| {
                let place = |path: &[&str]| tree::place_of(&root, path).unwrap_or_default();
                check::cloud::check(blueprint, &place, &mut reader);
            }),
        None => None,
    };
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.primary.span.start);
    let refused = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    (blueprint.filter(|_| !refused), problems)
}

/// The place of a value in a blueprint's text, by the keys that lead to it; where the value is not
/// written, the place of the last key that is. For findings about what [`parse`] accepted.
pub fn locate(source: &str, path: &[&str]) -> Option<Span> {
    let mut problems = Vec::new();
    let nothing = |_: &str| None;
    let root = tree::read(&Text::new(source), source, &nothing, &mut problems)?;
    tree::place_of(&root, path)
}
