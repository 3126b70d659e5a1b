//! The JSON Schema of the blueprint (draft 2020-12), put together from what the readers say of
//! themselves.
//!
//! It accepts every file in which the parser finds no problem of structure, and no other, with
//! three exceptions that JSON Schema cannot express or that JSON does not have: keys that stand
//! twice, what a variable of the environment holds, and numbers such as `3.0` where a whole number
//! belongs (the schema takes them, the parser does not).

use serde_json::{Value, json};

use crate::grammar::definition::Definitions;
use crate::grammar::reader::FromNode;
use crate::section::document::Document;

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
