//! A value against a type.
//!
//! Stricter than Terraform, which turns `"5"` into a number and `5` into a text: what a program writes
//! has no reason to be of another kind than what is asked for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::expression::{Part, parse_template, whole};
use crate::fault::suggestion;
use crate::inspection::checker::{Checker, describe};
use crate::inspection::place::ValuePlace;
use crate::types::{ObjectMember, Presence, Type};

impl Checker<'_> {
    /// Checks the kind of a value. A text that is one expression may be of any type, unless it is a
    /// reference whose type is known.
    pub(super) fn typed(&mut self, place: &ValuePlace, value: &Value, kind: &Type) {
        match (value, kind) {
            (Value::String(text), _) => self.typed_text(place, text, kind),
            (Value::Null, _)
            | (_, Type::Dynamic)
            | (Value::Bool(_), Type::Bool)
            | (Value::Number(_), Type::Number) => {}
            (Value::Array(items), Type::List(of) | Type::Set(of)) => {
                for (index, item) in items.iter().enumerate() {
                    let place = place.element(index);
                    if item.is_null() {
                        self.fault(&place, "is null");
                    }
                    self.typed(&place, item, of);
                }
            }
            (Value::Array(items), Type::Tuple(kinds)) => {
                if items.len() != kinds.len() {
                    let (has, wants) = (items.len(), kinds.len());
                    self.fault(place, format!("has {has} elements, and {wants} are wanted"));
                }
                for (index, (item, kind)) in items.iter().zip(kinds).enumerate() {
                    self.typed(&place.element(index), item, kind);
                }
            }
            (Value::Object(object), Type::Map(of)) => {
                // Here a comment would be an entry, like a tag.
                if object.contains_key("//") {
                    self.fault(
                        place,
                        "`//` is a comment in a body only; here it is an entry",
                    );
                }
                for (key, value) in object {
                    self.typed(&place.below(key), value, of);
                }
            }
            (Value::Object(object), Type::Object(members)) => self.members(place, object, members),
            (value, kind) => {
                self.fault(place, format!("must be {kind}, not {}", describe(value)));
            }
        }
    }

    fn typed_text(&mut self, place: &ValuePlace, text: &str, kind: &Type) {
        // A text that is no template was reported with the references.
        let Ok(parts) = parse_template(text) else {
            return;
        };
        if let Some(expression) = whole(&parts) {
            let found = self.type_of(place, expression);
            if let Some(found) = found.filter(|found| !found.may_become(kind)) {
                self.fault(place, format!("must be {kind}, and `{text}` is {found}"));
            }
            return;
        }
        for part in &parts {
            let Part::Expression(expression) = part else {
                continue;
            };
            let found = self.type_of(place, expression);
            if let Some(found) = found.filter(|found| !found.may_become(&Type::String)) {
                self.fault(place, format!("a text cannot hold {found}: `{text}`"));
            }
        }
        if !matches!(kind, Type::String | Type::Dynamic) {
            self.fault(place, format!("must be {kind}, not the text `{text}`"));
        }
    }

    fn members(
        &mut self,
        place: &ValuePlace,
        object: &Map<String, Value>,
        members: &BTreeMap<String, ObjectMember>,
    ) {
        for (name, member) in members {
            if member.presence == Presence::Required && !object.contains_key(name) {
                self.fault(
                    place,
                    format!("missing member `{name}` (null where it is not used)"),
                );
            }
        }
        for (name, value) in object.iter().filter(|(name, _)| *name != "//") {
            if let Some(member) = members.get(name) {
                self.typed(&place.below(name), value, &member.kind);
            } else {
                let near = suggestion(name, members.keys().map(String::as_str));
                self.fault(place, format!("unknown member `{name}`{near}"));
            }
        }
    }
}
