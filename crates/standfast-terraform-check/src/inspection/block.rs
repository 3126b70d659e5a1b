//! A body against the schema of its type.

use serde_json::{Map, Value};

use crate::fault::suggestion;
use crate::inspection::checker::{Checker, describe};
use crate::inspection::place::{Ephemeral, ValuePlace};
use crate::module::{entries, labelled, objects};
use crate::schema::{Attribute, Block, Flag, NestedBlock, Nesting};

impl Checker<'_> {
    /// Checks the arguments and blocks of a body. `schema_path` is the name of the body for
    /// allowances: the type, and the blocks inside it.
    pub(super) fn body(
        &mut self,
        place: &ValuePlace,
        schema_path: &str,
        body: &Map<String, Value>,
        block: &Block,
    ) {
        let dynamic = self.dynamic(place, schema_path, body, block);
        for (name, value) in entries(body).filter(|(name, _)| *name != "dynamic") {
            let below = place.below(name);
            let schema_path = format!("{schema_path}.{name}");
            if let Some(attribute) = block.attributes.get(name) {
                self.attribute(&below, &schema_path, name, value, attribute);
            } else if let Some(nested) = block.blocks.get(name) {
                self.blocks(&below, &schema_path, value, nested);
            } else {
                let near = suggestion(name, block.names());
                self.fault(place, format!("unknown argument or block `{name}`{near}"));
            }
        }
        let absent = |name: &str| body.get(name).is_none_or(Value::is_null);
        for (name, attribute) in &block.attributes {
            if attribute.is(Flag::Required) && absent(name) {
                self.fault(place, format!("missing required argument `{name}`"));
            }
        }
        for (name, nested) in &block.blocks {
            if nested.min > 0 && absent(name) && !dynamic.contains(&name.as_str()) {
                self.fault(place, format!("missing required block `{name}`"));
            }
        }
    }

    fn attribute(
        &mut self,
        place: &ValuePlace,
        schema_path: &str,
        name: &str,
        value: &Value,
        attribute: &Attribute,
    ) {
        if value.is_null() {
            return;
        }
        if !attribute.settable() {
            return self.fault(place, "is read-only");
        }
        if attribute.is(Flag::Deprecated) {
            self.deprecated(place, schema_path);
        }
        let accepts = if attribute.is(Flag::WriteOnly) {
            place.accepting(Ephemeral::Accepted)
        } else {
            place.clone()
        };
        self.values(&accepts, value);
        self.typed(place, value, &attribute.kind);
        self.document(place, name, value);
    }

    fn deprecated(&mut self, place: &ValuePlace, schema_path: &str) {
        if !self.shared.deprecated.contains(&schema_path) {
            self.fault(place, format!("`{schema_path}` is deprecated"));
        }
    }

    fn blocks(
        &mut self,
        place: &ValuePlace,
        schema_path: &str,
        value: &Value,
        nested: &NestedBlock,
    ) {
        if value.is_null() {
            return;
        }
        if nested.block.deprecated {
            self.deprecated(place, schema_path);
        }
        let wrong = match value {
            Value::Object(_) => None,
            Value::Array(items) => items.iter().find(|item| !item.is_object()),
            value => Some(value),
        };
        if let Some(wrong) = wrong {
            let what = describe(wrong);
            return self.fault(
                place,
                format!("a block is an object or an array of objects, not {what}"),
            );
        }
        let bodies: Vec<(ValuePlace, &Map<String, Value>)> = if nested.nesting == Nesting::Map {
            labelled(value)
                .filter_map(|(key, body)| Some((place.below(key), body.as_object()?)))
                .collect()
        } else if value.is_array() {
            let bodies = objects(value).into_iter().enumerate();
            bodies
                .map(|(index, body)| (place.element(index), body))
                .collect()
        } else {
            objects(value)
                .into_iter()
                .map(|body| (place.clone(), body))
                .collect()
        };
        let most = if nested.nesting == Nesting::Single {
            Some(1)
        } else {
            nested.max
        };
        let count = bodies.len();
        if let Some(most) = most.filter(|most| count > *most) {
            self.fault(
                place,
                format!("given {count} times, at most {most} allowed"),
            );
        }
        if count < nested.min {
            self.fault(
                place,
                format!("given {count} times, at least {} needed", nested.min),
            );
        }
        for (place, body) in bodies {
            self.body(&place, schema_path, body, &nested.block);
        }
    }

    /// Checks the dynamic blocks of a body, and gives their names.
    fn dynamic<'v>(
        &mut self,
        place: &ValuePlace,
        schema_path: &str,
        body: &'v Map<String, Value>,
        block: &Block,
    ) -> Vec<&'v str> {
        let mut names = Vec::new();
        if let Some(value) = body.get("dynamic") {
            self.no_comment(&place.below("dynamic"), value);
        }
        for (name, value) in body.get("dynamic").into_iter().flat_map(labelled) {
            names.push(name);
            let place = place.below(&format!("dynamic.{name}"));
            let Some(nested) = block.blocks.get(name) else {
                let near = suggestion(name, block.blocks.keys().map(String::as_str));
                self.fault(&place, format!("unknown block `{name}`{near}"));
                continue;
            };
            for dynamic in objects(value) {
                let schema_path = format!("{schema_path}.{name}");
                self.dynamic_one(&place, &schema_path, name, dynamic, nested);
            }
        }
        names
    }

    fn dynamic_one(
        &mut self,
        place: &ValuePlace,
        schema_path: &str,
        name: &str,
        dynamic: &Map<String, Value>,
        nested: &NestedBlock,
    ) {
        self.known(
            place,
            dynamic,
            &["for_each", "iterator", "labels", "content"],
        );
        self.required(place, dynamic, &["for_each", "content"]);
        if let Some(value) = dynamic.get("for_each") {
            self.values(&place.below("for_each"), value);
        }
        let iterator = dynamic
            .get("iterator")
            .and_then(Value::as_str)
            .unwrap_or(name);
        let mut inside = place.below("content");
        inside.bound.push(iterator.to_owned());
        for content in dynamic.get("content").map(objects).unwrap_or_default() {
            self.body(&inside, schema_path, content, &nested.block);
        }
    }
}
