//! Terraform's types: as a schema gives them, and as the `type` of a variable is written.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use crate::expression::{self, Expression, Literal};

/// A type of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A text.
    String,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// Any type.
    Dynamic,
    /// In order, all of one type.
    List(Box<Type>),
    /// Without order, all of one type.
    Set(Box<Type>),
    /// By key, all of one type.
    Map(Box<Type>),
    /// Members with a type each.
    Object(BTreeMap<String, ObjectMember>),
    /// In order, with a type each.
    Tuple(Vec<Type>),
}

/// A member of an object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMember {
    /// Its type.
    pub kind: Type,
    /// Whether it may be left out.
    pub presence: Presence,
}

/// Whether a member must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be.
    Required,
    /// It may be left out.
    Optional,
}

impl Type {
    /// Whether a value of the type is one scalar.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Self::String | Self::Number | Self::Bool)
    }

    /// Whether Terraform may turn a value of this type into the wanted one. It never says no wrongly;
    /// members and elements are not compared.
    pub(crate) fn may_become(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Dynamic, _) | (_, Self::Dynamic) => true,
            (Self::Bool, Self::Number) | (Self::Number, Self::Bool) => false,
            (a, b) if a.is_primitive() || b.is_primitive() => a.is_primitive() && b.is_primitive(),
            (a, b) => a.is_keyed() == b.is_keyed(),
        }
    }

    fn is_keyed(&self) -> bool {
        matches!(self, Self::Map(_) | Self::Object(_))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => formatter.write_str("a string"),
            Self::Number => formatter.write_str("a number"),
            Self::Bool => formatter.write_str("true or false"),
            Self::Dynamic => formatter.write_str("any value"),
            Self::List(_) => formatter.write_str("a list"),
            Self::Set(_) => formatter.write_str("a set"),
            Self::Map(_) => formatter.write_str("a map"),
            Self::Object(_) => formatter.write_str("an object"),
            Self::Tuple(_) => formatter.write_str("a tuple"),
        }
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        from_schema(&value).ok_or_else(|| D::Error::custom(format!("unknown type {value}")))
    }
}

fn from_schema(value: &Value) -> Option<Type> {
    if let Some(name) = value.as_str() {
        return match name {
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            "dynamic" => Some(Type::Dynamic),
            _ => None,
        };
    }
    let inner = value.get(1)?;
    match value.get(0)?.as_str()? {
        "list" => from_schema(inner).map(|of| Type::List(Box::new(of))),
        "set" => from_schema(inner).map(|of| Type::Set(Box::new(of))),
        "map" => from_schema(inner).map(|of| Type::Map(Box::new(of))),
        "object" => {
            let members = inner.as_object()?.iter().map(|(name, kind)| {
                let kind = from_schema(kind)?;
                Some((
                    name.clone(),
                    ObjectMember {
                        kind,
                        presence: Presence::Required,
                    },
                ))
            });
            members.collect::<Option<_>>().map(Type::Object)
        }
        _ => None,
    }
}

/// The type constraint of a variable, like `list(object({ name = string }))`.
///
/// # Errors
///
/// A sentence about what is wrong with it.
pub(crate) fn constraint(text: &str) -> Result<Type, String> {
    let parsed = expression::parse_expression(text).map_err(|error| error.to_string())?;
    from_expression(&parsed).ok_or_else(|| format!("`{text}` is not a type"))
}

fn from_expression(expression: &Expression) -> Option<Type> {
    match expression {
        Expression::Traversal(traversal) if traversal.steps.is_empty() => {
            match traversal.root.as_str() {
                "string" => Some(Type::String),
                "number" => Some(Type::Number),
                "bool" => Some(Type::Bool),
                "any" => Some(Type::Dynamic),
                _ => None,
            }
        }
        Expression::Call {
            name, arguments, ..
        } => match (name.as_str(), arguments.as_slice()) {
            ("list", [of]) => from_expression(of).map(|of| Type::List(Box::new(of))),
            ("set", [of]) => from_expression(of).map(|of| Type::Set(Box::new(of))),
            ("map", [of]) => from_expression(of).map(|of| Type::Map(Box::new(of))),
            ("tuple", [Expression::Tuple(items)]) => items
                .iter()
                .map(from_expression)
                .collect::<Option<_>>()
                .map(Type::Tuple),
            ("object", [Expression::Object(entries)]) => {
                let members = entries.iter().map(|(name, kind)| {
                    let Expression::Literal(Literal::Text(name)) = name else {
                        return None;
                    };
                    Some((name.clone(), member(kind)?))
                });
                members.collect::<Option<_>>().map(Type::Object)
            }
            _ => None,
        },
        _ => None,
    }
}

fn member(expression: &Expression) -> Option<ObjectMember> {
    match expression {
        Expression::Call {
            name, arguments, ..
        } if name == "optional" => {
            let ([kind] | [kind, _]) = arguments.as_slice() else {
                return None;
            };
            Some(ObjectMember {
                kind: from_expression(kind)?,
                presence: Presence::Optional,
            })
        }
        _ => Some(ObjectMember {
            kind: from_expression(expression)?,
            presence: Presence::Required,
        }),
    }
}
