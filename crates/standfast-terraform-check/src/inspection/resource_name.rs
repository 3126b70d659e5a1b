//! References to resources, data sources and ephemeral resources.

use crate::expression::{Traversal, TraversalStep};
use crate::schema::Kind;

/// A traversal that names a resource, data source or ephemeral resource.
pub(super) struct NamedResource<'t> {
    pub(super) kind: Kind,
    pub(super) type_name: &'t str,
    pub(super) name: &'t str,
    pub(super) rest: &'t [TraversalStep],
}

impl NamedResource<'_> {
    pub(super) fn address(&self) -> String {
        format!("{}{}.{}", self.kind.prefix(), self.type_name, self.name)
    }
}

/// The resource that a traversal names, when it has the form of one.
pub(super) fn named(traversal: &Traversal) -> Option<NamedResource<'_>> {
    let steps = traversal.steps.as_slice();
    let (kind, type_name, steps) = match (traversal.root.as_str(), steps) {
        ("data", [TraversalStep::Attribute(type_name), rest @ ..]) => {
            (Kind::Data, type_name.as_str(), rest)
        }
        ("ephemeral", [TraversalStep::Attribute(type_name), rest @ ..]) => {
            (Kind::Ephemeral, type_name.as_str(), rest)
        }
        ("resource", [TraversalStep::Attribute(type_name), rest @ ..]) => {
            (Kind::Managed, type_name.as_str(), rest)
        }
        ("data" | "ephemeral" | "resource", _) => return None,
        (type_name, rest) => (Kind::Managed, type_name, rest),
    };
    match steps {
        [TraversalStep::Attribute(name), rest @ ..] if type_name.contains('_') => {
            Some(NamedResource {
                kind,
                type_name,
                name,
                rest,
            })
        }
        _ => None,
    }
}
