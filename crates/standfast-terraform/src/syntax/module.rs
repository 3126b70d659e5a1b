//! A module as it grows: what it declares, in the order in which it was declared, written out by topic.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::address::{Address, Declaration};
use crate::syntax::json::{Body, Json, body};

/// A module, or a module within a module.
#[derive(Debug, Default)]
pub(crate) struct ModuleFiles {
    /// What it declares, by the topic of the file it stands in.
    topics: BTreeMap<String, Body>,
    /// Other files, by their path within it.
    files: BTreeMap<String, String>,
    /// What was declared, by address, and what was declared again.
    addresses: BTreeSet<String>,
    twice: BTreeSet<String>,
}

impl ModuleFiles {
    fn block(&mut self, topic: &str, kind: &str) -> &mut Body {
        self.topics.entry(topic.to_owned()).or_default().entry(kind)
    }

    fn note(&mut self, address: String) {
        if let Some(address) = self.addresses.replace(address) {
            self.twice.insert(address);
        }
    }

    /// The addresses that were declared more than once.
    pub(crate) fn twice(&self) -> impl Iterator<Item = &String> {
        self.twice.iter()
    }

    /// Declares something in the file of a topic.
    pub(crate) fn declare(&mut self, topic: &str, address: &Address, body: Body) {
        self.note(address.text());
        self.block(topic, address.declaration().as_str())
            .entry(address.of().as_str())
            .set(address.name(), body);
    }

    /// Whether something was declared already.
    pub(crate) fn has(&self, address: &Address) -> bool {
        self.addresses.contains(&address.text())
    }

    /// What it makes: the type and the arguments of each resource.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&str, &Body)> {
        let topics = self.topics.values();
        let blocks = topics.filter_map(|topic| topic.body_at(Declaration::Resource.as_str()));
        let types = blocks.flat_map(Body::entries);
        types.flat_map(|(of, named)| named.entries().map(move |(_, body)| (of, body)))
    }

    /// Declares a value of its own.
    pub(crate) fn local(&mut self, topic: &str, name: &str, value: impl Into<Json>) {
        self.note(format!("local.{name}"));
        self.block(topic, "locals").set(name, value);
    }

    /// Declares what is given from outside.
    pub(crate) fn variable(&mut self, name: &str, body: Body) {
        self.block("variables", "variable").set(name, body);
    }

    /// Declares what is told to the outside.
    pub(crate) fn output(&mut self, name: &str, description: &str, value: impl Into<Json>) {
        self.note(format!("output.{name}"));
        let body = body! { "description": description, "value": value };
        self.block("outputs", "output").set(name, body);
    }

    /// Uses a module within this one.
    pub(crate) fn child(&mut self, topic: &str, name: &str, body: Body) {
        self.note(format!("module.{name}"));
        self.block(topic, "module").set(name, body);
    }

    /// Declares how Terraform and the provider are set up.
    pub(crate) fn set(&mut self, topic: &str, kind: &str, value: impl Into<Json>) {
        let topic = self.topics.entry(topic.to_owned()).or_default();
        topic.set(kind, value);
    }

    /// Adds a file as it is.
    pub(crate) fn file(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text);
    }

    /// The names and descriptions of what it takes from outside.
    pub(crate) fn described_variables(&self) -> Vec<(String, String)> {
        self.described("variables", "variable")
    }

    /// The names and descriptions of what it tells to the outside.
    pub(crate) fn described_outputs(&self) -> Vec<(String, String)> {
        self.described("outputs", "output")
    }

    fn described(&self, topic: &str, kind: &str) -> Vec<(String, String)> {
        let blocks = self.topics.get(topic).and_then(|topic| topic.body_at(kind));
        let blocks = blocks.into_iter().flat_map(Body::entries);
        blocks
            .map(|(name, value)| (name.to_owned(), value.text_at("description").to_owned()))
            .collect()
    }

    /// Its files, by their path within it.
    pub(crate) fn into_files(self) -> BTreeMap<String, String> {
        let mut files = self.files;
        for (topic, body) in self.topics {
            files.insert(format!("{topic}.tf.json"), written(&body));
        }
        files
    }
}

/// The text of a file.
fn written(body: &Body) -> String {
    // Texts, numbers and lists of them always have a form in JSON.
    let mut text = serde_json::to_string_pretty(body).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::provider::ResourceType;

    #[test]
    fn blocks_of_a_topic_stand_in_one_file() {
        let mut module = ModuleFiles::default();
        let vpc = ResourceType::Vpc.named("main");
        module.declare("network", &vpc, body! { "cidr_block": "10.0.0.0/16" });
        module.output("vpc", "The network.", vpc.id());
        assert!(module.has(&vpc));
        assert!(!module.has(&ResourceType::Vpc.named("other")));
        let files = module.into_files();
        let names: Vec<&String> = files.keys().collect();
        assert_eq!(names, ["network.tf.json", "outputs.tf.json"]);
    }
}
