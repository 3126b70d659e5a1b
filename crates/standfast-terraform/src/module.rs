//! A module as it grows: blocks by file, written out in the order in which they were added.

use std::collections::{BTreeMap, BTreeSet};

use crate::body::{Body, Value, body, refer};
use crate::plan::ACCOUNT;

/// A module, or a module within a module.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// What it declares, by the topic of the file it stands in.
    topics: BTreeMap<String, Body>,
    /// Other files, by their path within it.
    files: BTreeMap<String, String>,
    /// What was declared, by address, and what was declared again.
    addresses: BTreeSet<String>,
    twice: BTreeSet<String>,
    /// What its resources are called at AWS.
    names: Vec<Called>,
}

/// What a resource is called at AWS, where nothing else of its kind may be called so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Called {
    /// The kind of name.
    pub(crate) kind: String,
    /// The provider of the region, where the module says it; nothing for the module's own region.
    pub(crate) provider: String,
    /// The name.
    pub(crate) name: String,
}

/// Under which keys resources are named, the first that is there.
const NAME_KEYS: [&str; 8] = [
    "cluster_identifier",
    "global_cluster_identifier",
    "identifier",
    "function_name",
    "alarm_name",
    "dashboard_name",
    "bucket",
    "name",
];

/// What goes by the name of something else, or has one within it.
const NAMED_WITHIN: [&str; 4] = [
    "aws_autoscaling_policy",
    "aws_iam_role_policy",
    "aws_lambda_permission",
    "aws_rds_cluster_instance",
];

impl Called {
    /// The name of a resource, if it has one of its own.
    fn of(kind: &str, body: &Body) -> Option<Self> {
        if kind.starts_with("aws_s3_bucket_") || NAMED_WITHIN.contains(&kind) {
            return None;
        }
        let names = NAME_KEYS.iter().map(|key| body.text_at(key));
        let name = names.into_iter().find(|name| !name.is_empty())?;
        let name = match kind {
            "aws_route53_record" if body.has("for_each") => return None,
            "aws_route53_record" => format!("{name} {}", body.text_at("set_identifier")),
            _ => name,
        };
        Some(Self {
            kind: kind.to_owned(),
            provider: body.text_at("provider"),
            name,
        })
    }
}

impl Module {
    fn block(&mut self, topic: &str, kind: &str) -> &mut Body {
        self.topics.entry(topic.to_owned()).or_default().entry(kind)
    }

    fn note(&mut self, address: String) {
        if let Some(address) = self.addresses.replace(address) {
            self.twice.insert(address);
        }
    }

    /// What was declared more than once.
    pub(crate) fn twice(&self) -> impl Iterator<Item = &String> {
        self.twice.iter()
    }

    /// What its resources are called.
    pub(crate) fn called(&self) -> &[Called] {
        &self.names
    }

    /// Declares a resource.
    pub(crate) fn resource(&mut self, topic: &str, kind: &str, name: &str, body: Body) {
        self.note(format!("{kind}.{name}"));
        self.names.extend(Called::of(kind, &body));
        self.block(topic, "resource").entry(kind).set(name, body);
    }

    /// Declares a data source.
    pub(crate) fn data(&mut self, topic: &str, kind: &str, name: &str, body: Body) {
        self.note(format!("data.{kind}.{name}"));
        self.block(topic, "data").entry(kind).set(name, body);
    }

    /// Declares an ephemeral resource: read when it is needed, never part of the state.
    pub(crate) fn ephemeral(&mut self, topic: &str, kind: &str, name: &str, body: Body) {
        self.block(topic, "ephemeral").entry(kind).set(name, body);
    }

    /// Declares a value of its own.
    pub(crate) fn local(&mut self, topic: &str, name: &str, value: impl Into<Value>) {
        self.note(format!("local.{name}"));
        self.block(topic, "locals").set(name, value);
    }

    /// Declares what is given from outside.
    pub(crate) fn variable(&mut self, name: &str, body: Body) {
        self.block("variables", "variable").set(name, body);
    }

    /// Declares what is told to the outside.
    pub(crate) fn output(&mut self, name: &str, description: &str, value: impl Into<Value>) {
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
    pub(crate) fn set(&mut self, topic: &str, kind: &str, value: impl Into<Value>) {
        let topic = self.topics.entry(topic.to_owned()).or_default();
        topic.set(kind, value);
    }

    /// Adds a file as it is.
    pub(crate) fn file(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text);
    }

    /// Whether something was declared already.
    pub(crate) fn has(&self, topic: &str, kind: &str, of: &str, name: &str) -> bool {
        let Some(topic) = self.topics.get(topic) else {
            return false;
        };
        topic.path(&[kind, of]).is_some_and(|body| body.has(name))
    }

    /// The names and descriptions of what it takes or tells.
    pub(crate) fn described(&self, topic: &str, kind: &str) -> Vec<(String, String)> {
        let blocks = self.topics.get(topic).and_then(|topic| topic.body_at(kind));
        let blocks = blocks.into_iter().flat_map(Body::entries);
        blocks
            .map(|(name, value)| (name.to_owned(), value.text_at("description")))
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

/// The rights of an actor, as a policy document of its own.
pub(crate) fn policy_document(module: &mut Module, topic: &str, name: &str, statements: Vec<Body>) {
    let body = body! { "statement": statements };
    module.data(topic, "aws_iam_policy_document", name, body);
}

/// A reference to the text of a policy document.
pub(crate) fn policy_text(name: &str) -> String {
    refer(format_args!("data.aws_iam_policy_document.{name}.json"))
}

/// Who may take a role: a service.
pub(crate) fn assumed_by(service: &str) -> Body {
    body! {
        "effect": "Allow",
        "actions": ["sts:AssumeRole"],
        "principals": [body! { "type": "Service", "identifiers": [service] }],
    }
}

/// Who may take a role: a service that says for whom it acts, and for this account only.
pub(crate) fn assumed_for_this_account(service: &str) -> Body {
    assumed_by(service).with(
        "condition",
        [condition("StringEquals", "aws:SourceAccount", ACCOUNT)],
    )
}

/// A condition of a statement.
pub(crate) fn condition(test: &str, variable: &str, value: &str) -> Body {
    body! { "test": test, "variable": variable, "values": [value] }
}

impl Body {
    fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |body, key| body.body_at(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_topic_stand_in_one_file() {
        let mut module = Module::default();
        module.resource(
            "network",
            "aws_vpc",
            "main",
            body! { "cidr_block": "10.0.0.0/16" },
        );
        module.output("vpc", "The network.", refer("aws_vpc.main.id"));
        assert!(module.has("network", "resource", "aws_vpc", "main"));
        assert!(!module.has("network", "resource", "aws_vpc", "other"));
        let files = module.into_files();
        let names: Vec<&String> = files.keys().collect();
        assert_eq!(names, ["network.tf.json", "outputs.tf.json"]);
    }
}
