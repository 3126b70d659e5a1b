//! From a declaration into what it holds, step by step.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::expression::{Expression, Literal, TraversalStep, parse_template, whole};
use crate::fault::suggestion;
use crate::schema::{Block, Flag, Nesting};
use crate::types::{ObjectMember, Presence, Type};

/// What a step has reached.
#[derive(Debug, Clone)]
pub(super) enum Shape<'a> {
    /// A body.
    Block(&'a Block),
    /// The blocks of one name.
    Blocks(Nesting, &'a Block),
    /// A value.
    Type(Type),
    /// Nothing is known of it.
    Unknown,
}

/// A walk, as far as it has come.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    shape: Shape<'a>,
    /// The reference so far, for messages.
    path: String,
    /// The type and the names so far, without indices, as deprecated attributes are named.
    schema_path: String,
    /// What the schema says of the attributes on the way.
    pub(super) flags: Vec<(Flag, String)>,
    /// The address in this module that the reader depends on.
    pub(super) address: Option<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(shape: Shape<'a>, path: &str, schema_path: &str) -> Self {
        Self {
            shape,
            path: path.to_owned(),
            schema_path: schema_path.to_owned(),
            flags: Vec::new(),
            address: None,
        }
    }

    pub(super) fn needing(self, address: impl Into<String>) -> Self {
        Self {
            address: Some(address.into()),
            ..self
        }
    }

    /// The type of what was reached, when it is known.
    pub(super) fn kind(self) -> Option<Type> {
        match self.shape {
            Shape::Type(kind) => Some(kind),
            Shape::Block(_) => Some(Type::Object(BTreeMap::new())),
            Shape::Blocks(Nesting::Map, _) => Some(Type::Map(Box::new(Type::Dynamic))),
            Shape::Blocks(Nesting::Set, _) => Some(Type::Set(Box::new(Type::Dynamic))),
            Shape::Blocks(..) => Some(Type::List(Box::new(Type::Dynamic))),
            Shape::Unknown => None,
        }
    }

    /// Goes all the steps. What follows a splat is checked for one element, and the type is then unknown.
    ///
    /// # Errors
    ///
    /// A sentence about the first step that leads nowhere.
    pub(super) fn follow(mut self, steps: &[TraversalStep]) -> Result<Self, String> {
        let mut spread = None;
        for step in steps {
            self.shape = match step {
                TraversalStep::Attribute(name) => self.attribute(name)?,
                TraversalStep::Index(Expression::Literal(Literal::Text(key)))
                    if self.has_members() =>
                {
                    self.attribute(key)?
                }
                TraversalStep::Index(index) => self.index(index)?,
                TraversalStep::Splat => {
                    spread = Some(());
                    self.element()
                }
            };
            match step {
                TraversalStep::Attribute(name) => {
                    self.path = format!("{}.{name}", self.path);
                    self.schema_path = format!("{}.{name}", self.schema_path);
                }
                TraversalStep::Index(_) => self.path.push_str("[]"),
                TraversalStep::Splat => self.path.push_str("[*]"),
            }
        }
        Ok(if spread.is_some() {
            self.spread()
        } else {
            self
        })
    }

    /// What was reached, of each of several.
    pub(super) fn spread(self) -> Self {
        Self {
            shape: Shape::Type(Type::List(Box::new(Type::Dynamic))),
            ..self
        }
    }

    fn has_members(&self) -> bool {
        matches!(self.shape, Shape::Block(_) | Shape::Type(Type::Object(_)))
    }

    fn attribute(&mut self, name: &str) -> Result<Shape<'a>, String> {
        let path = &self.path;
        match &self.shape {
            Shape::Unknown | Shape::Type(Type::Dynamic) => Ok(Shape::Unknown),
            Shape::Block(block) => {
                let block: &'a Block = block;
                let schema_path = format!("{}.{name}", self.schema_path);
                if let Some(attribute) = block.attributes.get(name) {
                    for flag in [Flag::Deprecated, Flag::WriteOnly, Flag::Sensitive] {
                        if attribute.is(flag) {
                            self.flags.push((flag, schema_path.clone()));
                        }
                    }
                    Ok(Shape::Type(attribute.kind.clone()))
                } else if let Some(nested) = block.blocks.get(name) {
                    if nested.block.deprecated {
                        self.flags.push((Flag::Deprecated, schema_path));
                    }
                    Ok(match nested.nesting {
                        Nesting::Single => Shape::Block(&nested.block),
                        nesting => Shape::Blocks(nesting, &nested.block),
                    })
                } else {
                    let near = suggestion(name, block.names());
                    Err(format!("`{path}` has no attribute `{name}`{near}"))
                }
            }
            Shape::Blocks(Nesting::Map, block) => Ok(Shape::Block(block)),
            Shape::Type(Type::Map(of)) => Ok(Shape::Type((**of).clone())),
            Shape::Type(Type::Object(members)) => {
                if let Some(member) = members.get(name) {
                    return Ok(Shape::Type(member.kind.clone()));
                }
                let near = suggestion(name, members.keys().map(String::as_str));
                Err(format!("`{path}` has no attribute `{name}`{near}"))
            }
            Shape::Blocks(nesting, _) => {
                let what = if *nesting == Nesting::Set {
                    "a set"
                } else {
                    "a list"
                };
                Err(format!(
                    "`{path}` is {what}: it needs an index or `[*]` before `.{name}`"
                ))
            }
            Shape::Type(kind) if kind.is_primitive() => {
                Err(format!("`{path}` is {kind}: it has no attribute `{name}`"))
            }
            Shape::Type(kind) => Err(format!(
                "`{path}` is {kind}: it needs an index or `[*]` before `.{name}`"
            )),
        }
    }

    fn index(&self, index: &Expression) -> Result<Shape<'a>, String> {
        let path = &self.path;
        let no_index =
            |what: &dyn std::fmt::Display| Err(format!("`{path}` is {what}: it has no index"));
        match &self.shape {
            Shape::Blocks(Nesting::Set, _) => no_index(&"a set"),
            Shape::Type(kind @ Type::Set(_)) => no_index(kind),
            Shape::Type(kind) if kind.is_primitive() => no_index(kind),
            Shape::Block(_) => no_index(&"an object"),
            Shape::Blocks(Nesting::List, _) | Shape::Type(Type::List(_) | Type::Tuple(_))
                if matches!(index, Expression::Literal(Literal::Text(_))) =>
            {
                Err(format!("`{path}` is a list: its index is a number"))
            }
            Shape::Type(Type::Tuple(items)) => match index {
                Expression::Literal(Literal::Number(number)) => {
                    let found = number.parse().ok().and_then(|at: usize| items.get(at));
                    match found {
                        Some(kind) => Ok(Shape::Type(kind.clone())),
                        None => Err(format!(
                            "`{path}` has {} elements, none of them {number}",
                            items.len()
                        )),
                    }
                }
                _ => Ok(Shape::Unknown),
            },
            _ => Ok(self.element()),
        }
    }

    /// One element of what was reached.
    fn element(&self) -> Shape<'a> {
        match &self.shape {
            // A splat on anything but a collection makes a list of that one thing.
            Shape::Blocks(_, block) | Shape::Block(block) => Shape::Block(block),
            Shape::Type(Type::List(of) | Type::Set(of) | Type::Map(of)) => {
                Shape::Type((**of).clone())
            }
            Shape::Type(Type::Object(_) | Type::Tuple(_) | Type::Dynamic) | Shape::Unknown => {
                Shape::Unknown
            }
            Shape::Type(kind) => Shape::Type(kind.clone()),
        }
    }
}

/// The type of a value, where a text that is one expression may have any type.
pub(super) fn type_of_value(value: &Value) -> Type {
    match value {
        Value::Null => Type::Dynamic,
        Value::Bool(_) => Type::Bool,
        Value::Number(_) => Type::Number,
        Value::String(text) => match parse_template(text) {
            Ok(parts) if whole(&parts).is_none() => Type::String,
            _ => Type::Dynamic,
        },
        Value::Array(items) => Type::Tuple(items.iter().map(type_of_value).collect()),
        Value::Object(object) => {
            // A key may be an expression, and then no member can be missed.
            if object.keys().any(|key| key.contains("${")) {
                return Type::Map(Box::new(Type::Dynamic));
            }
            let members = object.iter().map(|(name, value)| {
                let kind = type_of_value(value);
                (
                    name.clone(),
                    ObjectMember {
                        kind,
                        presence: Presence::Required,
                    },
                )
            });
            Type::Object(members.collect())
        }
    }
}
