//! Which names hold an ephemeral or a sensitive value.
//!
//! A mark is followed through locals, to the outputs of called modules that are declared with it, and out
//! of the functions that take it away. What a function or operator makes of a marked value is marked too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::declared::Declared;
use crate::expression::visit::{self, Found};
use crate::expression::{Traversal, TraversalStep, parse_template};
use crate::inspection::callee::Callee;
use crate::inspection::resource_name::named;
use crate::schema::{Flag, Kind, Schema};

/// What a value may be besides its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// It exists for one run only, and may not be stored.
    Ephemeral,
    /// It is not to be shown.
    Sensitive,
}

impl Mark {
    /// The argument that declares a variable or an output to be so.
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Ephemeral => "ephemeral",
            Self::Sensitive => "sensitive",
        }
    }

    /// The function that takes the mark away.
    fn removed_by(self) -> &'static str {
        match self {
            Self::Ephemeral => "ephemeralasnull",
            Self::Sensitive => "nonsensitive",
        }
    }
}

/// The marked names of a module.
#[derive(Debug, Default)]
pub(super) struct Marks {
    names: BTreeSet<(Mark, String)>,
    /// Sensitive attributes by address of their resource.
    attributes: BTreeSet<(String, String)>,
}

impl Marks {
    /// Finds the marked names of a module.
    pub(super) fn of(
        schema: &Schema,
        declared: &Declared<'_>,
        callees: &BTreeMap<&str, Callee<'_>>,
    ) -> Self {
        let mut marks = Self::default();
        for mark in [Mark::Ephemeral, Mark::Sensitive] {
            for (name, item) in &declared.variables {
                if item.says(mark.argument()) {
                    marks.names.insert((mark, format!("var.{name}")));
                }
            }
            for (name, callee) in callees {
                for (output, item) in &callee.declared.outputs {
                    if item.says(mark.argument()) {
                        marks
                            .names
                            .insert((mark, format!("module.{name}.{output}")));
                    }
                }
            }
        }
        marks
            .names
            .insert((Mark::Ephemeral, "terraform.applying".to_owned()));
        for (kind, type_name, name) in declared.resources.keys() {
            let address = format!("{}{type_name}.{name}", kind.prefix());
            let attributes = schema.block(*kind, type_name).into_iter();
            for (attribute, what) in attributes.flat_map(|block| &block.attributes) {
                if what.is(Flag::Sensitive) {
                    marks
                        .attributes
                        .insert((address.clone(), attribute.clone()));
                }
            }
        }
        while marks.spread(declared) {}
        marks
    }

    /// Marks locals that read something marked; says whether any was new.
    fn spread(&mut self, declared: &Declared<'_>) -> bool {
        let before = self.names.len();
        for (name, item) in &declared.locals {
            for mark in [Mark::Ephemeral, Mark::Sensitive] {
                if self.reach(mark, item.value) {
                    self.names.insert((mark, format!("local.{name}")));
                }
            }
        }
        self.names.len() > before
    }

    /// Whether a value reads something marked.
    pub(super) fn reach(&self, mark: Mark, value: &Value) -> bool {
        match value {
            Value::String(text) => {
                let Ok(parts) = parse_template(text) else {
                    return false;
                };
                let mut found = false;
                visit::parts(&parts, &[], &mut |each, around| {
                    found |= match each {
                        Found::Read(traversal) => self.has(mark, traversal, around),
                        Found::Call(name, ..) => {
                            mark == Mark::Sensitive
                                && name == "sensitive"
                                && !around.contains(&mark.removed_by())
                        }
                    };
                });
                found
            }
            Value::Array(items) => items.iter().any(|item| self.reach(mark, item)),
            Value::Object(object) => object.values().any(|value| self.reach(mark, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Whether a traversal inside the given functions is marked.
    pub(super) fn has(&self, mark: Mark, traversal: &Traversal, around: &[&str]) -> bool {
        if around.contains(&mark.removed_by()) {
            return false;
        }
        let names = traversal.steps.iter().filter_map(|step| match step {
            TraversalStep::Attribute(name) => Some(name.as_str()),
            TraversalStep::Index(_) | TraversalStep::Splat => None,
        });
        let mut path = traversal.root.clone();
        for name in names.take(2) {
            path = format!("{path}.{name}");
            if self.names.contains(&(mark, path.clone())) {
                return true;
            }
        }
        let Some(resource) = named(traversal) else {
            return false;
        };
        match mark {
            Mark::Ephemeral => resource.kind == Kind::Ephemeral,
            Mark::Sensitive => resource.rest.iter().any(|step| match step {
                TraversalStep::Attribute(name) => self
                    .attributes
                    .contains(&(resource.address(), name.clone())),
                TraversalStep::Index(_) | TraversalStep::Splat => false,
            }),
        }
    }
}
