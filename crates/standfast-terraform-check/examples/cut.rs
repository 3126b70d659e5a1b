//! Makes the files under `schema/` from what Terraform prints.
//!
//! ```text
//! terraform providers schema -json    > providers-schema.json
//! terraform metadata functions -json  > functions.json
//! cargo run -p standfast-terraform-check --example cut -- schema providers-schema.json schema/types.txt 5.100.0
//! cargo run -p standfast-terraform-check --example cut -- functions functions.json
//! ```
//!
//! The first cut keeps the types of the list, without descriptions. It writes one type a line, sorted,
//! so that the difference between two versions can be read. It refuses what it would lose: nested
//! attribute types, which this provider's schema does not use.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Map, Value, json};

const USAGE: &str = "usage: cut schema PROVIDERS_SCHEMA TYPES VERSION | cut functions FUNCTIONS";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = match words.as_slice() {
        ["schema", schema, types, version] => {
            cut_schema(&read(schema)?, &std::fs::read_to_string(types)?, version)?
        }
        ["functions", functions] => cut_functions(&read(functions)?)?,
        _ => return Err(USAGE.into()),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn read(path: &str) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}

fn cut_schema(printed: &Value, types: &str, version: &str) -> Result<String, Box<dyn Error>> {
    let provider = printed
        .pointer("/provider_schemas/registry.terraform.io~1hashicorp~1aws")
        .ok_or("no schema of hashicorp/aws in this file")?;
    let mut kinds: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
    let lines = types.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (kind, from, name) = if let Some(name) = line.strip_prefix("data.") {
            ("data", "data_source_schemas", name)
        } else if let Some(name) = line.strip_prefix("ephemeral.") {
            ("ephemeral", "ephemeral_resource_schemas", name)
        } else {
            ("resource", "resource_schemas", line)
        };
        let found = &provider[from][name]["block"];
        if found.is_null() {
            return Err(format!("the provider has no {line}").into());
        }
        kinds.entry(kind).or_default().insert(name, block(found)?);
    }
    let mut text = String::from("{\n\"provider\": \"hashicorp/aws\",\n");
    writeln!(text, "\"version\": {},", json!(version))?;
    writeln!(
        text,
        "\"source\": \"terraform providers schema -json, cut to types.txt\","
    )?;
    writeln!(
        text,
        "\"provider_config\": {},",
        block(&provider["provider"]["block"])?
    )?;
    let mut sections = Vec::new();
    for (kind, types) in &kinds {
        let lines: Vec<String> = types
            .iter()
            .map(|(name, block)| format!("{}: {block}", json!(name)))
            .collect();
        sections.push(format!("{}: {{\n{}\n}}", json!(kind), lines.join(",\n")));
    }
    writeln!(text, "{}\n}}", sections.join(",\n"))?;
    Ok(text)
}

/// A block without its descriptions: flags and type of each attribute, nesting and bounds of each block.
fn block(printed: &Value) -> Result<Value, Box<dyn Error>> {
    let mut cut = Map::new();
    if flag(printed, "deprecated") {
        cut.insert("deprecated".to_owned(), json!(true));
    }
    let mut attributes = Map::new();
    for (name, attribute) in entries(&printed["attributes"]) {
        if attribute["type"].is_null() {
            return Err(
                format!("attribute {name} has a nested type, which a cut would lose").into(),
            );
        }
        let flags = [
            "required",
            "optional",
            "computed",
            "deprecated",
            "sensitive",
            "write_only",
        ];
        let flags: Vec<&str> = flags
            .into_iter()
            .filter(|name| flag(attribute, name))
            .collect();
        attributes.insert(name.clone(), json!([flags.join(" "), attribute["type"]]));
    }
    cut.insert("attributes".to_owned(), Value::Object(attributes));
    let mut blocks = Map::new();
    for (name, nested) in entries(&printed["block_types"]) {
        let mut inner = block(&nested["block"])?;
        inner["nesting"] = nested["nesting_mode"].clone();
        for (bound, printed) in [("min", "min_items"), ("max", "max_items")] {
            if !nested[printed].is_null() {
                inner[bound] = nested[printed].clone();
            }
        }
        blocks.insert(name.clone(), inner);
    }
    if !blocks.is_empty() {
        cut.insert("blocks".to_owned(), Value::Object(blocks));
    }
    Ok(Value::Object(cut))
}

/// Each function's fewest and most arguments; `null` where there is no most. Each is printed a second
/// time under `core::`, which is left out.
fn cut_functions(printed: &Value) -> Result<String, Box<dyn Error>> {
    let mut lines = Vec::new();
    let signatures = entries(&printed["function_signatures"]);
    for (name, signature) in signatures.filter(|(name, _)| !name.contains("::")) {
        let fewest = signature["parameters"].as_array().map_or(0, Vec::len);
        let most = signature["variadic_parameter"].is_null().then_some(fewest);
        lines.push(format!("{}: {}", json!(name), json!([fewest, most])));
    }
    if lines.is_empty() {
        return Err("no function signatures in this file".into());
    }
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

fn flag(value: &Value, name: &str) -> bool {
    value[name] == json!(true)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
