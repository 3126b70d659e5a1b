//! Examples and blueprints of the tests, synthesized and taken apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use standfast_blueprint::{Blueprint, parse};
use standfast_terraform::{Options, Output, synthesize};
use standfast_terraform_check::{Module, resources};

/// A blueprint that must be valid.
pub(crate) fn read(text: &str) -> Blueprint {
    let (blueprint, problems) = parse(text, &|_| None);
    blueprint.unwrap_or_else(|| panic!("{problems:#?}\n{text}"))
}

/// A blueprint that must be synthesized.
pub(crate) fn output(text: &str) -> Output {
    synthesize(&read(text), &Options::default()).unwrap_or_else(|why| panic!("{why:#?}\n{text}"))
}

/// The examples by name, with their text.
pub(crate) fn examples() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut examples: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    examples.sort();
    assert!(
        examples.len() >= 6,
        "the five reference systems and the quickstart"
    );
    examples
}

/// An example by name.
pub(crate) fn example(name: &str) -> String {
    let examples = examples();
    let found = examples.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no example {name}")).1
}

/// The root modules of an output, by folder.
pub(crate) fn modules(output: &Output) -> BTreeMap<String, Module> {
    output
        .order
        .iter()
        .map(|step| {
            let prefix = format!("{}/", step.folder);
            let files = output.files.iter();
            let files = files.filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?, text)));
            (step.folder.clone(), Module::from_files(files).unwrap())
        })
        .collect()
}

/// A resource or data source, wherever it is declared.
pub(crate) struct DeclaredThing {
    pub(crate) folder: String,
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) body: Value,
}

impl DeclaredThing {
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.body[key].as_str()
    }

    /// The provider's region: the alias, or the folder it stands in.
    pub(crate) fn region(&self) -> String {
        match self.text("provider") {
            Some(provider) => provider.trim_start_matches("aws.").replace('_', "-"),
            None => self.folder.clone(),
        }
    }
}

/// Everything that an output declares, children left out.
pub(crate) fn declared(output: &Output) -> Vec<DeclaredThing> {
    let modules = modules(output);
    let all = modules.iter().flat_map(|(folder, module)| {
        resources(module).map(|resource| DeclaredThing {
            folder: folder.clone(),
            address: resource.address.clone(),
            kind: resource.type_name.to_owned(),
            body: resource.value.clone(),
        })
    });
    all.collect()
}

/// The resources of a type, data sources left out.
pub(crate) fn of_kind<'d>(all: &'d [DeclaredThing], kind: &str) -> Vec<&'d DeclaredThing> {
    let managed = all.iter().filter(|each| !each.address.starts_with("data."));
    managed.filter(|each| each.kind == kind).collect()
}

/// Every text within a value.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
