//! Parameters published to applications.

use serde_json::{Value, json};

use crate::grammar::definition::Definitions;
use crate::grammar::reader::{FromNode, Reader};
use crate::grammar::record;
use crate::text::reference::Source;
use crate::text::resource::ParameterPath;
use crate::tree::{Node, NodeKind};

record! {
    /// A parameter published to applications, under a path of its own.
    pub struct PublishedParameterSpec {
        /// What it holds.
        required of: Source,
        /// Its path; `/<name>/<environment>/<region>/<parameter>` when absent.
        optional path: ParameterPath,
    }
}

/// A parameter: what it holds, or that and its path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PublishedParameter(pub(crate) PublishedParameterSpec);

impl FromNode for PublishedParameter {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, NodeKind::Mapping(_)) {
            let spec = PublishedParameterSpec::read(node, reader)?;
            return Some(Self(spec));
        }
        let of = Source::read(node, reader)?;
        Some(Self(PublishedParameterSpec { of, path: None }))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let long = PublishedParameterSpec::schema(definitions);
        let short = Source::schema(definitions);
        json!({ "anyOf": [long, short] })
    }
}
