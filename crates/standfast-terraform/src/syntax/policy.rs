//! Policy documents: statements in the order in which a person reads them, declared as data sources, so
//! that no policy is a text within a text.

use crate::syntax::address::Template;
use crate::syntax::json::{Body, Json, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;

/// What a statement does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// One statement of a policy document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    id: Option<String>,
    effect: Effect,
    actions: Vec<&'static str>,
    resources: Vec<String>,
    principals: Option<Body>,
    conditions: Vec<Body>,
}

impl Statement {
    fn new(effect: Effect, actions: &[&'static str]) -> Self {
        Self {
            id: None,
            effect,
            actions: actions.to_vec(),
            resources: Vec::new(),
            principals: None,
            conditions: Vec::new(),
        }
    }

    /// A right: some actions on some resources.
    pub(crate) fn allow(id: &str, actions: &[&'static str], resources: Vec<String>) -> Self {
        Self {
            id: Some(id.to_owned()),
            resources,
            ..Self::new(Effect::Allow, actions)
        }
    }

    /// A prohibition, which no right overrides.
    pub(crate) fn deny(id: &str, actions: &[&'static str], resources: Vec<String>) -> Self {
        Self {
            effect: Effect::Deny,
            ..Self::allow(id, actions, resources)
        }
    }

    /// The right of a service to take the role that the document belongs to.
    pub(crate) fn assume(service: &str) -> Self {
        Self::new(Effect::Allow, &["sts:AssumeRole"]).by("Service", service)
    }

    /// Of this principal only.
    pub(crate) fn by(mut self, kind: &str, identifier: impl Into<Json>) -> Self {
        let identifiers = Json::List(vec![identifier.into()]);
        self.principals = Some(body! { "type": kind, "identifiers": identifiers });
        self
    }

    /// Under this condition only.
    pub(crate) fn when(mut self, test: &str, variable: &str, value: impl Into<Json>) -> Self {
        let values = Json::List(vec![value.into()]);
        let condition = body! { "test": test, "variable": variable, "values": values };
        self.conditions.push(condition);
        self
    }
}

impl From<Statement> for Json {
    fn from(statement: Statement) -> Self {
        let mut body = Body::default();
        body.set_some("sid", statement.id);
        let effect = match statement.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        body.set("effect", effect);
        body.set("actions", statement.actions);
        if !statement.resources.is_empty() {
            body.set("resources", statement.resources);
        }
        body.set_some("principals", statement.principals.map(|by| [by]));
        if !statement.conditions.is_empty() {
            body.set("condition", statement.conditions);
        }
        body.into()
    }
}

/// The identifier of a statement about something: letters and digits.
pub(crate) fn statement_id(prefix: &str, name: &str) -> String {
    let plain = name.chars().filter(char::is_ascii_alphanumeric);
    format!("{prefix}{}", plain.collect::<String>())
}

/// Declares a document; yields its text, for what takes a policy.
pub(crate) fn document(
    module: &mut ModuleFiles,
    topic: &str,
    name: &str,
    statements: Vec<Statement>,
) -> Template {
    let document = ResourceType::IamPolicyDocument.data(name);
    module.declare(topic, &document, body! { "statement": statements });
    document.json()
}
