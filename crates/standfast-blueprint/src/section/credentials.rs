//! Where the password of a database is kept.

use serde_json::{Value, json};

use crate::grammar::definition::Definitions;
use crate::grammar::reader::{FromNode, Reader};
use crate::grammar::record;
use crate::grammar::word::{Word, WordProblem};
use crate::text::secret::SecretReference;
use crate::tree::{Node, NodeKind};

/// Where the password of a database is kept: a reference, or the older form `{ secret: NAME }`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DatabaseCredentials(pub(crate) SecretReference);

record! {
    /// The name of a secret.
    struct SecretByName {
        /// Its name in the secret store of the platform.
        required secret: SecretName,
    }
}

/// The name alone, as it stands behind `secret:`.
#[derive(Debug, Clone, PartialEq)]
struct SecretName(SecretReference);

impl Word for SecretName {
    const NAME: &'static str = "secretName";
    const WHAT: &'static str = "the name of a secret";
    const PATTERN: &'static str = "^[!-~]+$";
    const EXAMPLES: &'static [&'static str] = &["payments/db"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        Word::parse(&format!("secret:{text}")).map(Self)
    }
}

impl FromNode for DatabaseCredentials {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, NodeKind::Mapping(_)) {
            return SecretByName::read(node, reader).map(|by_name| Self(by_name.secret.0));
        }
        SecretReference::read(node, reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let by_name = SecretByName::schema(definitions);
        let reference = SecretReference::schema(definitions);
        json!({ "anyOf": [by_name, reference] })
    }
}
