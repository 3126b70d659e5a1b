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

mod assembly;
mod choice;
mod code;
pub mod defaults;
mod diagnostic;
mod environment;
mod grammar;
mod model;
mod placed;
mod rule;
mod scalar;
mod schema;
mod section;
mod source;
mod text;
mod timings;
mod tree;
mod yaml;

pub use choice::{
    Alone, Balancer, CallAccess, Class, Durability, Engine, FunctionNetwork, Gate, Mode, Nat,
    Placement, Reach, Recovery, ReplicateTo, Statistic, Steering, Stream, Ways,
};
pub use code::{Code, Layer};
pub use diagnostic::{Diagnostic, Help, Label, Replacement, Severity};
pub use model::{
    Blueprint, CloudDatabaseSpec, DatabaseSpec, FailoverSpec, NamesSpec, NodeCounts, NodeSpec,
    Promise, RegionKind, RegionSpec, StateSpec,
};
pub use scalar::Weight;
pub use schema::schema;
pub use section::alarm::AlarmSpec;
pub use section::bucket::{BucketSpec, ReplicateSpec};
pub use section::certificate::Certificate;
pub use section::dashboard::DashboardSpec;
pub use section::database::{
    BackupSpec, EncryptionKeySpec, LocalSpec, ServerlessSpec, StorageSpec,
};
pub use section::function::FunctionSpec;
pub use section::metric::Metric;
pub use section::names::{ProbeSpec, RecordSpec};
pub use section::notification::NotifySpec;
pub use section::parameter::PublishedParameterSpec;
pub use section::region::SubnetsSpec;
pub use section::service::{CheckSpec, InstancesSpec, ServiceSpec};
pub use section::table::TableSpec;
pub use section::threshold::{Threshold, Unit};
pub use section::waiver::Waiver;
pub use source::Span;
pub use text::database::{EngineVersion, Identifier, SettingName};
pub use text::date::Date;
pub use text::finding::FindingCode;
pub use text::name::{Name, Zone};
pub use text::network::{DomainName, EmailAddress, UrlPath};
pub use text::reference::{DatabaseFact, Reference, Section, Source, Use, Widget};
pub use text::resource::{AttributeName, CertificateArn, ParameterPath, TagName, VariableName};
pub use text::route::Route;
pub use text::secret::SecretReference;
pub use text::window::{DailyWindow, WeeklyWindow};
pub use timings::Timings;

use grammar::reader::{FromNode, Reader};
use section::document::Document;
use source::SourceText;

/// Reads a blueprint. `environment` answers what a variable holds, if it is set.
///
/// The blueprint is there exactly when no problem is an error. Problems come in the order of the
/// text.
pub fn parse(
    source: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> (Option<Blueprint>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let tree = yaml::read(&SourceText::new(source), source, environment, &mut problems);
    let mut reader = Reader::new(problems);
    let blueprint = match tree {
        Some(root) => Document::read(&root, &mut reader)
            .and_then(|document| assembly::assemble(document, &mut reader))
            .inspect(|blueprint| {
                let place = |path: &[&str]| tree::place_of(&root, path).unwrap_or_default();
                rule::check_whole(blueprint, &place, &mut reader);
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
    let root = yaml::read(&SourceText::new(source), source, &nothing, &mut problems)?;
    tree::place_of(&root, path)
}
