//! The templates in a value: every name that they read and every function that they call.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::expression::visit::{self, Found};
use crate::expression::{self, Expression, Last, Makes, Traversal};
use crate::fault::suggestion;
use crate::inspection::checker::Checker;
use crate::inspection::mark::Mark;
use crate::inspection::place::{Ephemeral, ValuePlace};
use crate::inspection::walk::Walk;
use crate::schema::Flag;
use crate::types::Type;

impl Checker<'_> {
    /// Checks every string in a value, keys too.
    pub(super) fn values(&mut self, place: &ValuePlace, value: &Value) {
        match value {
            Value::String(text) => self.template(place, text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.values(&place.element(index), item);
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    self.template(place, key);
                    self.values(&place.below(key), value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn template(&mut self, place: &ValuePlace, text: &str) {
        match expression::parse_template(text) {
            Err(error) => self.fault(place, error.to_string()),
            Ok(parts) => {
                let mut found = Vec::new();
                visit::parts(&parts, &place.bound, &mut |each, around| {
                    found.push((each, around.to_vec()));
                });
                for (each, around) in found {
                    self.found(place, each, &around);
                }
            }
        }
    }

    /// Checks an expression that stands without `${` and `}`.
    pub(super) fn expression(&mut self, place: &ValuePlace, expression: &Expression) {
        let mut found = Vec::new();
        visit::expression(expression, &place.bound, &mut |each, around| {
            found.push((each, around.to_vec()));
        });
        for (each, around) in found {
            self.found(place, each, &around);
        }
    }

    fn found(&mut self, place: &ValuePlace, found: Found<'_>, around: &[&str]) {
        match found {
            Found::Read(traversal) => self.read(place, traversal, around),
            Found::Call(name, count, last) => self.call(place, name, count, last),
        }
    }

    fn call(&mut self, place: &ValuePlace, name: &str, count: usize, last: Last) {
        let functions = self.shared.schema.functions();
        let Some((fewest, most)) = functions.get(name) else {
            let near = suggestion(name, functions.keys().map(String::as_str));
            return self.fault(place, format!("unknown function `{name}`{near}"));
        };
        let fits = match last {
            Last::Single => count >= *fewest && most.is_none_or(|most| count <= most),
            // What is spread may be empty, and may be any number.
            Last::Spread => most.is_none_or(|most| count - 1 <= most),
        };
        if !fits {
            let more = if most.is_none() { " or more" } else { "" };
            self.fault(
                place,
                format!("the function `{name}` takes {fewest}{more}, given {count}"),
            );
        }
    }

    fn read(&mut self, place: &ValuePlace, traversal: &Traversal, around: &[&str]) {
        match self.resolve(place, traversal) {
            Err(message) => self.fault(place, message),
            Ok(walk) => {
                for (flag, path) in &walk.flags {
                    self.flagged(place, *flag, path);
                }
                // The rules of a variable may read the variable.
                let own = place.owner.starts_with("var.");
                if let Some(address) = walk.address.filter(|_| !own) {
                    self.needs(place, &address);
                }
            }
        }
        let ephemeral = self.marks.has(Mark::Ephemeral, traversal, around);
        if ephemeral && place.ephemeral == Ephemeral::Refused {
            self.fault(
                place,
                format!(
                    "`{traversal}` is ephemeral: it may only reach a write-only argument, a provider, \
                     an ephemeral resource, or what is itself declared ephemeral"
                ),
            );
        }
    }

    fn flagged(&mut self, place: &ValuePlace, flag: Flag, path: &str) {
        match flag {
            Flag::Deprecated if !self.shared.deprecated.contains(&path) => {
                self.fault(place, format!("`{path}` is deprecated"));
            }
            Flag::WriteOnly => {
                self.fault(
                    place,
                    format!("`{path}` is write-only: it always reads as null"),
                );
            }
            _ => {}
        }
    }

    /// The type of a template, as far as it is known.
    pub(super) fn type_of(&self, place: &ValuePlace, expression: &Expression) -> Option<Type> {
        match expression {
            Expression::Traversal(traversal) if !place.bound.contains(&traversal.root) => {
                self.resolve(place, traversal).ok().and_then(Walk::kind)
            }
            Expression::Template(_) => Some(Type::String),
            Expression::Tuple(_)
            | Expression::For {
                makes: Makes::Tuple,
                ..
            } => Some(Type::Tuple(Vec::new())),
            Expression::Object(_) | Expression::For { .. } => Some(Type::Object(BTreeMap::new())),
            _ => None,
        }
    }
}
