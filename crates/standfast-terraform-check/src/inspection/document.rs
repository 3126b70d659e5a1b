//! JSON documents inside strings, like policies.

use serde_json::Value;

use crate::expression::{Part, parse_template, whole};
use crate::inspection::checker::Checker;
use crate::inspection::place::ValuePlace;

/// The arguments that hold a JSON document wherever they appear.
const DOCUMENTS: [&str; 13] = [
    "access_policy",
    "assume_role_policy",
    "container_definitions",
    "dashboard_body",
    "definition",
    "delivery_policy",
    "event_pattern",
    "filter_policy",
    "policy",
    "policy_document",
    "redrive_allow_policy",
    "redrive_policy",
    "resource_policy",
];

impl Checker<'_> {
    /// Checks that the text of an argument that holds a JSON document is one. Expressions in it count as
    /// text inside quotes and as a number outside; a text that is one expression is not judged.
    pub(super) fn document(&mut self, place: &ValuePlace, name: &str, value: &Value) {
        let Some(text) = value.as_str().filter(|_| DOCUMENTS.contains(&name)) else {
            return;
        };
        let Ok(parts) = parse_template(text) else {
            return;
        };
        if whole(&parts).is_some() {
            return;
        }
        let mut document = String::new();
        for part in &parts {
            match part {
                Part::Text(text) => document.push_str(text),
                Part::Expression(_) if in_quotes(&document) => document.push('x'),
                Part::Expression(_) => document.push('0'),
                // What a directive leaves is not known.
                Part::If { .. } | Part::For { .. } => return,
            }
        }
        if let Err(error) = serde_json::from_str::<Value>(&document) {
            self.fault(place, format!("is not a JSON document: {error}"));
        }
    }
}

/// Whether the end of this much of a document lies inside a string.
fn in_quotes(text: &str) -> bool {
    let mut inside = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '"' => inside = !inside,
            _ => {}
        }
    }
    inside
}
