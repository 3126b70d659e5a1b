//! The JSON Schema of the blueprint (draft 2020-12), put together from what the readers say of
//! themselves.
//!
//! It accepts every file in which the parser finds no problem of structure, and no other, with
//! three exceptions that JSON Schema cannot express or that JSON does not have: keys that stand
//! twice, what a variable of the environment holds, and numbers such as `3.0` where a whole number
//! belongs (the schema takes them, the parser does not).

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::{Map, Value, json};
use standfast_units::{Bytes, Ttl, format_duration};

use crate::file::Document;
use crate::read::{Definitions, Read, scalar_schema};
use crate::words::Name;

/// Names the schema and the version of the format it describes.
const ID: &str = "urn:standfast:blueprint:1";

/// The JSON Schema of `standfast.yaml`.
pub fn schema() -> Value {
    let mut definitions = Definitions::new();
    let root = Document::schema(&mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Standfast blueprint",
        "$ref": root["$ref"],
        "$defs": definitions,
    })
}

/// A default value as it would be written in the file.
pub(crate) trait Write {
    fn write(&self) -> Value;
}

impl Write for Duration {
    fn write(&self) -> Value {
        Value::from(format_duration(*self))
    }
}

impl Write for u8 {
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Write for NonZeroU32 {
    fn write(&self) -> Value {
        Value::from(self.get())
    }
}

impl Write for Bytes {
    fn write(&self) -> Value {
        Value::from(self.to_string())
    }
}

impl Write for Name {
    fn write(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Write for &str {
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Write for Ttl {
    fn write(&self) -> Value {
        Value::from(self.to_string())
    }
}

impl<T> Write for Vec<T> {
    /// The default of a list is the empty one.
    fn write(&self) -> Value {
        json!([])
    }
}

impl<K, V> Write for BTreeMap<K, V> {
    /// The default of things by name is none.
    fn write(&self) -> Value {
        json!({})
    }
}

impl Write for bool {
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

/// Whether a key must be given, and what holds when it is not.
pub(crate) enum Need {
    Required,
    Optional,
    Default(Value),
}

/// The schema of a mapping with fixed keys, as it grows.
pub(crate) struct Record {
    description: String,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl Record {
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
        let name = name.trim_end_matches("Spec").trim_end_matches("File");
        definitions.insert(name.to_owned(), schema);
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

/// The schema of a word from a fixed list.
pub(crate) fn words(words: &[(&str, &str)], definitions: &mut Definitions) -> Value {
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
