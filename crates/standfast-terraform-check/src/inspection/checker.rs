//! What every part of the check needs: the schema, what the module and the modules it calls declare, and
//! the faults so far.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::declared::{Declared, Item};
use crate::fault::{Fault, suggestion};
use crate::graph::Graph;
use crate::inspection::callee::Callee;
use crate::inspection::mark::Marks;
use crate::inspection::place::ValuePlace;
use crate::module::{COMMENT_AS_LABEL, Module, entries, has_comment};
use crate::schema::Schema;

/// What the check of every module shares.
#[derive(Clone, Copy)]
pub(super) struct CheckScope<'a> {
    pub(super) schema: &'a Schema,
    pub(super) deprecated: &'a [&'a str],
    pub(super) root: &'a Module,
}

/// Where a module stands among the calls.
#[derive(Default)]
pub(super) struct CallPosition {
    /// Its folder from the root module's; empty for the root.
    pub(super) folder: String,
    /// The start of its addresses; empty for the root, else `module.a.`.
    pub(super) prefix: String,
    /// The folders of the modules around it.
    pub(super) around: Vec<String>,
    /// The provider configurations that it gets from its caller.
    pub(super) providers: BTreeSet<String>,
}

impl CallPosition {
    pub(super) fn is_root(&self) -> bool {
        self.prefix.is_empty()
    }
}

/// What the check has found so far.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) faults: Vec<Fault>,
    pub(super) graph: Graph,
    /// The modules called that are still to be checked, by where they stand.
    pub(super) called: Vec<CallPosition>,
}

pub(super) struct Checker<'a> {
    pub(super) shared: CheckScope<'a>,
    pub(super) position: &'a CallPosition,
    pub(super) declared: &'a Declared<'a>,
    pub(super) callees: &'a BTreeMap<&'a str, Callee<'a>>,
    pub(super) marks: &'a Marks,
    pub(super) found: &'a mut Findings,
}

impl Checker<'_> {
    pub(super) fn fault(&mut self, place: &ValuePlace, message: impl Into<String>) {
        self.found.faults.push(Fault {
            file: place.file.clone(),
            address: place.address.clone(),
            message: message.into(),
        });
    }

    /// Notes that the place's owner needs an address of this module.
    pub(super) fn needs(&mut self, place: &ValuePlace, address: &str) {
        let prefix = &self.position.prefix;
        let from = format!("{prefix}{}", place.owner);
        self.found
            .graph
            .add(&place.file, from, format!("{prefix}{address}"));
    }

    /// The entries of a body, with a fault for each that has no place in it.
    pub(super) fn known<'v>(
        &mut self,
        place: &ValuePlace,
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
    pub(super) fn no_comment(&mut self, place: &ValuePlace, value: &Value) {
        if has_comment(value) {
            self.fault(place, COMMENT_AS_LABEL);
        }
    }

    /// A fault for each argument that the body lacks.
    pub(super) fn required(
        &mut self,
        place: &ValuePlace,
        body: &Map<String, Value>,
        names: &[&str],
    ) {
        for name in names
            .iter()
            .filter(|name| body.get(**name).is_none_or(Value::is_null))
        {
            self.fault(place, format!("missing required argument `{name}`"));
        }
    }

    /// A fault unless the argument is absent or literally true or false.
    pub(super) fn literal_bool(&mut self, place: &ValuePlace, item: &Item<'_>, name: &str) {
        if item.get(name).is_some_and(|value| !value.is_boolean()) {
            self.fault(&place.below(name), "must be true or false");
        }
    }
}

/// What kind of value this is, for a message.
pub(super) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
