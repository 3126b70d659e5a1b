//! Variables, locals, outputs, checks, and the blocks that move, import and remove.

use serde_json::Value;

use crate::declared::Item;
use crate::expression::{Expression, parse_expression};
use crate::inspection::checker::Checker;
use crate::inspection::mark::Mark;
use crate::inspection::place::{Ephemeral, ValuePlace};
use crate::inspection::resource_name::named;
use crate::module::{labelled, objects};
use crate::schema::Kind;
use crate::types;

impl Checker<'_> {
    pub(super) fn variables(&mut self) {
        let declared = self.declared;
        for (name, item) in &declared.variables {
            let place = ValuePlace::new(item.file, format!("var.{name}"));
            let Some(body) = item.body() else { continue };
            let names = [
                "default",
                "description",
                "ephemeral",
                "nullable",
                "sensitive",
                "type",
                "validation",
            ];
            self.known(&place, body, &names);
            for name in ["ephemeral", "nullable", "sensitive"] {
                self.literal_bool(&place, item, name);
            }
            let kind = match body.get("type") {
                None => None,
                Some(Value::String(text)) => match types::constraint(text) {
                    Ok(kind) => Some(kind),
                    Err(message) => {
                        self.fault(&place.below("type"), message);
                        None
                    }
                },
                Some(_) => {
                    self.fault(&place.below("type"), "must be a text like `list(string)`");
                    None
                }
            };
            if let Some(default) = body.get("default") {
                let place = place.below("default");
                self.constant(&place, default);
                if let Some(kind) = &kind {
                    self.typed(&place, default, kind);
                }
            }
            if let Some(value) = body.get("validation") {
                self.conditions(&place.below("validation"), value, Some(&place.address));
            }
        }
    }

    /// Checks that a value has no expression in it. Where nothing can be read, Terraform takes a text as it
    /// is written, `${` and all, escaped or not.
    pub(super) fn constant(&mut self, place: &ValuePlace, value: &Value) {
        match value {
            Value::String(text) => {
                if text.contains("${") || text.contains("%{") {
                    let message = format!("nothing is read here: `{text}` stays as it is written");
                    self.fault(place, message);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.constant(&place.element(index), item);
                }
            }
            Value::Object(object) => {
                for (name, value) in object {
                    self.constant(&place.below(name), value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn locals(&mut self) {
        let declared = self.declared;
        for (name, item) in &declared.locals {
            let place = ValuePlace::new(item.file, format!("local.{name}"));
            self.values(&place.accepting(Ephemeral::Accepted), item.value);
        }
    }

    pub(super) fn outputs(&mut self) {
        let declared = self.declared;
        for (name, item) in &declared.outputs {
            let place = ValuePlace::new(item.file, format!("output.{name}"));
            let Some(body) = item.body() else { continue };
            let names = [
                "depends_on",
                "description",
                "ephemeral",
                "precondition",
                "sensitive",
                "value",
            ];
            self.known(&place, body, &names);
            self.required(&place, body, &["value"]);
            for name in ["ephemeral", "sensitive"] {
                self.literal_bool(&place, item, name);
            }
            self.depends_on(&place, body.get("depends_on"));
            if let Some(value) = body.get("precondition") {
                self.conditions(&place.below("precondition"), value, None);
            }
            self.output_value(&place, item);
        }
    }

    fn output_value(&mut self, place: &ValuePlace, item: &Item<'_>) {
        let Some(value) = item.get("value") else {
            return;
        };
        let below = place.below("value");
        let ephemeral = item.says("ephemeral");
        if ephemeral && self.position.is_root() {
            self.fault(place, "an output of the root module cannot be ephemeral");
        }
        if ephemeral && !self.position.is_root() && !self.marks.reach(Mark::Ephemeral, value) {
            self.fault(place, "is declared ephemeral, and its value is not");
        }
        let accepts = if ephemeral {
            Ephemeral::Accepted
        } else {
            Ephemeral::Refused
        };
        self.values(&below.accepting(accepts), value);
        let sensitive = self.position.is_root()
            && !item.says("sensitive")
            && self.marks.reach(Mark::Sensitive, value);
        if sensitive {
            self.fault(
                &below,
                "reads a sensitive value, so the output must be sensitive too",
            );
        }
    }

    pub(super) fn checks(&mut self) {
        let declared = self.declared;
        for (name, item) in &declared.checks {
            let place = ValuePlace::new(item.file, format!("check.{name}"));
            let Some(body) = item.body() else { continue };
            self.known(&place, body, &["assert", "data"]);
            self.required(&place, body, &["assert"]);
            if body.contains_key("data") {
                self.fault(
                    &place,
                    "a data source inside a check is not read; declare it beside",
                );
            }
            if let Some(value) = body.get("assert") {
                self.conditions(&place.below("assert"), value, None);
            }
        }
    }

    pub(super) fn refactorings(&mut self) {
        let declared = self.declared;
        for (word, item) in &declared.refactorings {
            let place = ValuePlace::new(item.file, *word);
            let Some(body) = item.body() else { continue };
            let (names, required): (&[&str], &[&str]) = match *word {
                "moved" => (&["from", "to"], &["from", "to"]),
                "import" => (&["for_each", "id", "provider", "to"], &["id", "to"]),
                _ => (
                    &["connection", "from", "lifecycle", "provisioner"],
                    &["from"],
                ),
            };
            self.known(&place, body, names);
            self.required(&place, body, required);
            for end in ["from", "to"] {
                if let Some(value) = body.get(end) {
                    self.end(&place.below(end), word, end, value);
                }
            }
            for (name, value) in labelled(item.value) {
                if matches!(name, "for_each" | "id") {
                    self.values(&place.clone().repeated(item).below(name), value);
                }
            }
            for object in body.get("lifecycle").map(objects).unwrap_or_default() {
                self.known(&place.below("lifecycle"), object, &["destroy"]);
            }
        }
    }

    /// Checks where something is moved, imported or removed from or to. What is there afterwards must be
    /// declared, and what is gone must not be.
    fn end(&mut self, place: &ValuePlace, word: &str, end: &str, value: &Value) {
        let parsed = value.as_str().map(parse_expression);
        let Some(Ok(Expression::Traversal(traversal))) = parsed else {
            return self.fault(place, format!("{value} is not an address"));
        };
        let there = match named(&traversal) {
            Some(named) if named.kind == Kind::Managed => {
                let key = (Kind::Managed, named.type_name, named.name);
                self.declared.resources.contains_key(&key)
            }
            _ if traversal.root == "module" => return,
            _ => return self.fault(place, format!("`{traversal}` is not a resource or module")),
        };
        match end {
            "to" if !there => self.fault(place, format!("`{traversal}` is not declared")),
            "from" if there && word == "removed" => {
                self.fault(place, format!("`{traversal}` is still declared"));
            }
            _ => {}
        }
    }
}
