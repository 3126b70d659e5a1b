//! Certificates of names that are served over TLS.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use standfast_units::Region;

use crate::grammar::definition::{Definitions, scalar_schema};
use crate::grammar::reader::{FromNode, Reader, text_of};
use crate::text::resource::CertificateArn;
use crate::tree::{Node, NodeKind};

/// The certificate of a name that is served over TLS.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub enum Certificate {
    /// One is issued for the names, in every region.
    Issue,
    /// These, by region.
    Given(BTreeMap<Region, CertificateArn>),
}

impl FromNode for Certificate {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, NodeKind::Mapping(_)) {
            return BTreeMap::read(node, reader).map(Self::Given);
        }
        if text_of(node) == Some("issue") {
            return Some(Self::Issue);
        }
        reader.wrong_kind(node, "`issue`, or the ARN of a certificate for each region");
        None
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let given = BTreeMap::<Region, CertificateArn>::schema(definitions);
        let issue = scalar_schema(&json!({ "const": "issue" }), definitions);
        json!({ "anyOf": [issue, given] })
    }
}
