//! From the tree to typed values, with every problem collected and none of them fatal.
//!
//! [`FromNode`] is the one description of a type in the file: how it is read and what its JSON Schema is.
//! Both sit in one implementation so that the editor and the parser cannot come to disagree.
//! A value that cannot be read becomes `None`, its problem already reported; reading goes on.

use serde_json::Value;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::definition::Definitions;
use crate::source::Spanned;
use crate::tree::{Look, MappingEntry, Node, NodeKind, Origin, Scalar};

/// A type that can stand in a blueprint.
pub(crate) trait FromNode: Sized {
    /// Reads it; `None` after reporting what is wrong.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// Its JSON Schema.
    fn schema(definitions: &mut Definitions) -> Value;
}

/// Where reading stands, and what it has found.
pub(crate) struct Reader {
    /// The keys on the way to the value that is being read.
    path: Vec<String>,
    pub(crate) problems: Vec<Diagnostic>,
}

impl Reader {
    pub(crate) fn new(problems: Vec<Diagnostic>) -> Self {
        Self {
            path: Vec::new(),
            problems,
        }
    }

    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// The path of the value that is being read, as in `failover.lease`.
    pub(crate) fn place(&self) -> String {
        if self.path.is_empty() {
            "the blueprint".to_owned()
        } else {
            format!("`{}`", self.path.join("."))
        }
    }

    /// Reads the value of a key.
    pub(crate) fn value_of<T: FromNode>(&mut self, entry: &MappingEntry) -> Option<T> {
        self.path.push(entry.key.value.clone());
        let value = T::read(&entry.value, self);
        self.path.pop();
        value
    }

    /// Reports that another kind of value belongs here.
    pub(crate) fn wrong_kind(&mut self, node: &Node, expected: &str) {
        self.problems.extend(self.mismatch(node, expected));
    }

    /// The problem that another kind of value belongs here; `None` when one was reported already.
    pub(crate) fn mismatch(&self, node: &Node, expected: &str) -> Option<Diagnostic> {
        let found = describe(node)?;
        let problem = Diagnostic::error(
            Code::WrongKind,
            node.span,
            format!("{} takes {expected}, not {found}", self.place()),
        );
        Some(problem.here(match found {
            "nothing" => "nothing stands here".to_owned(),
            _ => format!("this is {found}"),
        }))
    }
}

/// What a node is, in words; `None` when its problem was reported already.
fn describe(node: &Node) -> Option<&'static str> {
    Some(match &node.kind {
        NodeKind::Broken => return None,
        NodeKind::List(_) => "a list",
        NodeKind::Mapping(_) => "a mapping",
        NodeKind::Scalar(scalar) => match scalar.look() {
            Look::Nothing => "nothing",
            Look::Flag(_) => "`true` or `false`",
            Look::Integer(_) | Look::Decimal(_) => "a number",
            Look::Text => "a text",
        },
    })
}

/// The text of a node, if it can be taken for one.
pub(crate) fn text_of(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Scalar(scalar)
            if scalar.origin == Origin::Expanded || scalar.look() == Look::Text =>
        {
            Some(&scalar.text)
        }
        NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Mapping(_) | NodeKind::Broken => None,
    }
}

/// The scalar of a node, whatever it looks like.
pub(crate) fn scalar_of<'n>(node: &'n Node, what: &str, reader: &mut Reader) -> Option<&'n Scalar> {
    if let NodeKind::Scalar(scalar) = &node.kind {
        return Some(scalar);
    }
    reader.wrong_kind(node, what);
    None
}

impl<T: FromNode> FromNode for Spanned<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        Some(Self {
            value: T::read(node, reader)?,
            span: node.span,
        })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

/// A value whose problems do not spoil what contains it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Partial<T>(pub(crate) Option<T>);

impl<T: FromNode> FromNode for Partial<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        Some(Self(T::read(node, reader)))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}
