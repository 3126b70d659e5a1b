//! The check of one module, and through its calls of the modules below it.
//!
//! [`Checker`] holds what every part needs: the schema, what the module and the modules it calls declare,
//! and the faults so far. Each part is an `impl` of it in a file of its own:
//!
//! - [`meta`]: resources, data sources and ephemeral resources, and the arguments that all of them have
//! - [`body`] and [`value`]: a body against the schema, and a value against a type
//! - [`text`], [`resolve`] and [`walk`]: templates, what their references name, and what those names hold
//! - [`marks`]: ephemeral and sensitive values
//! - [`named`], [`calls`] and [`settings`]: the other declarations

mod body;
mod calls;
mod document;
mod marks;
mod meta;
mod named;
mod place;
mod resolve;
mod settings;
mod text;
mod value;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::declared::{Declared, Item, gather};
use crate::fault::{Fault, suggestion};
use crate::graph::Graph;
use crate::module::{COMMENT_AS_LABEL, Module, entries, has_comment};
use crate::schema::Schema;
use marks::Marks;
use place::Place;

/// Every fault of a module and the modules it calls, in order of file and address. A module in a folder
/// below that nothing calls is not checked.
pub fn check(module: &Module, schema: &Schema) -> Vec<Fault> {
    check_allowing(module, schema, &[])
}

/// Like [`check`], without the faults about the given deprecated attributes and blocks. They are named
/// as in `aws_s3_bucket.acl`, `aws_s3_bucket.versioning` or `data.aws_region.name`.
pub fn check_allowing(module: &Module, schema: &Schema, deprecated: &[&str]) -> Vec<Fault> {
    let mut found = Found::default();
    let position = Position::default();
    check_module(
        Shared {
            schema,
            deprecated,
            root: module,
        },
        &position,
        module,
        &mut found,
    );
    let mut faults = found.faults;
    faults.extend(found.graph.cycles());
    faults.sort();
    faults.dedup();
    faults
}

/// What the check of every module shares.
#[derive(Clone, Copy)]
struct Shared<'a> {
    schema: &'a Schema,
    deprecated: &'a [&'a str],
    root: &'a Module,
}

/// Where a module stands among the calls.
#[derive(Default)]
struct Position {
    /// Its folder from the root module's; empty for the root.
    folder: String,
    /// The start of its addresses; empty for the root, else `module.a.`.
    prefix: String,
    /// The folders of the modules around it.
    around: Vec<String>,
    /// The provider configurations that it gets from its caller.
    providers: BTreeSet<String>,
}

impl Position {
    fn is_root(&self) -> bool {
        self.prefix.is_empty()
    }
}

/// What the check has found so far.
#[derive(Default)]
struct Found {
    faults: Vec<Fault>,
    graph: Graph,
}

fn check_module(shared: Shared<'_>, position: &Position, module: &Module, found: &mut Found) {
    let (declared, faults) = gather(module);
    found.faults.extend(faults);
    let callees = calls::callees(shared.root, &position.folder, &declared);
    let marks = Marks::of(shared.schema, &declared, &callees);
    let mut checker = Checker {
        shared,
        position,
        declared: &declared,
        callees: &callees,
        marks: &marks,
        found,
    };
    checker.settings();
    checker.providers();
    checker.resources();
    checker.variables();
    checker.locals();
    checker.outputs();
    checker.checks();
    checker.refactorings();
    checker.calls();
}

struct Checker<'a> {
    shared: Shared<'a>,
    position: &'a Position,
    declared: &'a Declared<'a>,
    callees: &'a BTreeMap<&'a str, calls::Callee<'a>>,
    marks: &'a Marks,
    found: &'a mut Found,
}

impl Checker<'_> {
    fn fault(&mut self, place: &Place, message: impl Into<String>) {
        self.found.faults.push(Fault {
            file: place.file.clone(),
            address: place.address.clone(),
            message: message.into(),
        });
    }

    /// Notes that the place's owner needs an address of this module.
    fn needs(&mut self, place: &Place, address: &str) {
        let prefix = &self.position.prefix;
        let from = format!("{prefix}{}", place.owner);
        self.found
            .graph
            .add(&place.file, from, format!("{prefix}{address}"));
    }

    /// The entries of a body, with a fault for each that has no place in it.
    fn known<'v>(
        &mut self,
        place: &Place,
        body: &'v Map<String, Value>,
        names: &[&str],
    ) -> Vec<(&'v str, &'v Value)> {
        for (name, _) in entries(body).filter(|(name, _)| !names.contains(name)) {
            let near = suggestion(name, names.iter().copied());
            self.fault(place, format!("unknown argument `{name}`{near}"));
        }
        entries(body)
            .filter(|(name, _)| names.contains(name))
            .collect()
    }

    /// A fault when a level of labels, or a value that is read like one, has a comment.
    fn no_comment(&mut self, place: &Place, value: &Value) {
        if has_comment(value) {
            self.fault(place, COMMENT_AS_LABEL);
        }
    }

    /// A fault for each argument that the body lacks.
    fn required(&mut self, place: &Place, body: &Map<String, Value>, names: &[&str]) {
        for name in names
            .iter()
            .filter(|name| body.get(**name).is_none_or(Value::is_null))
        {
            self.fault(place, format!("missing required argument `{name}`"));
        }
    }

    /// A fault unless the argument is absent or literally true or false.
    fn literal_bool(&mut self, place: &Place, item: &Item<'_>, name: &str) {
        if item.get(name).is_some_and(|value| !value.is_boolean()) {
            self.fault(&place.below(name), "must be true or false");
        }
    }
}

/// What kind of value this is, for a message.
fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
