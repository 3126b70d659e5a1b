//! The pieces of the JSON Schema: what a reader says of itself, and how a default is written.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::{Map, Value, json};
use standfast_units::{Bytes, Ttl, format_duration};

use crate::environment::REFERENCE_PATTERN;

/// Shared definitions of a JSON Schema, by name.
pub(crate) type Definitions = BTreeMap<String, Value>;

/// The schema of a scalar: itself, or a reference to the environment in its place.
pub(crate) fn scalar_schema(schema: &Value, definitions: &mut Definitions) -> Value {
    definitions
        .entry("fromEnvironment".to_owned())
        .or_insert_with(|| {
            json!({
                "description": "A value taken from the environment: `${NAME}` or `${NAME:-default}`.",
                "type": "string",
                "pattern": REFERENCE_PATTERN,
            })
        });
    json!({ "anyOf": [schema, { "$ref": "#/$defs/fromEnvironment" }] })
}

/// Whether a key must be given, and what holds when it is not.
pub(crate) enum Need {
    Required,
    Optional,
    Default(Value),
}

/// The schema of a mapping with fixed keys, as it grows.
pub(crate) struct RecordDefinition {
    description: String,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl RecordDefinition {
    pub(crate) fn new(doc: &str) -> Self {
        Self {
            description: prose(doc),
            properties: Map::new(),
            required: Vec::new(),
        }
    }

    pub(crate) fn key(&mut self, key: &'static str, doc: &str, mut schema: Value, need: Need) {
        schema["description"] = Value::from(prose(doc));
        match need {
            Need::Required => self.required.push(key),
            Need::Optional => {}
            Need::Default(value) => schema["default"] = value,
        }
        self.properties.insert(key.to_owned(), schema);
    }

    /// Adds it to the definitions and returns a reference to it.
    pub(crate) fn define(self, name: &str, definitions: &mut Definitions) -> Value {
        let mut schema = json!({
            "description": self.description,
            "type": "object",
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            schema["required"] = Value::from(self.required);
        }
        // The suffixes tell two types of the code apart; the file has one of each.
        let name = name.trim_end_matches("Spec").trim_end_matches("Section");
        definitions.insert(name.to_owned(), schema);
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

/// The schema of a word from a fixed list.
pub(crate) fn choices(words: &[(&str, &str)], definitions: &mut Definitions) -> Value {
    let words: Vec<Value> = words
        .iter()
        .map(|(word, doc)| json!({ "const": word, "description": prose(doc) }))
        .collect();
    scalar_schema(&json!({ "type": "string", "oneOf": words }), definitions)
}

/// A comment of the source as running text: one line per paragraph.
fn prose(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(str::trim).collect();
    let paragraphs: Vec<String> = lines
        .split(|line| line.is_empty())
        .filter(|lines| !lines.is_empty())
        .map(|lines| lines.join(" "))
        .collect();
    paragraphs.join("\n\n")
}

/// A default value as it would be written in the file.
pub(crate) trait WriteDefault {
    fn write(&self) -> Value;
}

impl WriteDefault for Duration {
    fn write(&self) -> Value {
        Value::from(format_duration(*self))
    }
}

impl WriteDefault for u8 {
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl WriteDefault for NonZeroU32 {
    fn write(&self) -> Value {
        Value::from(self.get())
    }
}

impl WriteDefault for Bytes {
    fn write(&self) -> Value {
        Value::from(self.to_string())
    }
}

impl WriteDefault for &str {
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl WriteDefault for Ttl {
    fn write(&self) -> Value {
        Value::from(self.to_string())
    }
}

impl<T> WriteDefault for Vec<T> {
    /// The default of a list is the empty one.
    fn write(&self) -> Value {
        json!([])
    }
}

impl<K, V> WriteDefault for BTreeMap<K, V> {
    /// The default of things by name is none.
    fn write(&self) -> Value {
        json!({})
    }
}

impl WriteDefault for bool {
    fn write(&self) -> Value {
        Value::from(*self)
    }
}
