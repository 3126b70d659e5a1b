//! What expressions and templates are made of.

use std::fmt;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A literal.
    Literal(Literal),
    /// A quoted template with at least one expression or directive in it.
    Template(Vec<Part>),
    /// A name and what follows it.
    Traversal(Traversal),
    /// What follows an expression that is not a name, like `f(x)[0].id`.
    Access(Box<Expression>, Vec<TraversalStep>),
    /// A function call.
    Call {
        /// The function, without `core::`.
        name: String,
        /// The arguments.
        arguments: Vec<Expression>,
        /// Whether the last argument is spread over the remaining ones.
        last: Last,
    },
    /// `[a, b]`
    Tuple(Vec<Expression>),
    /// `{ a = b }`. A bare name as key is a literal text.
    Object(Vec<(Expression, Expression)>),
    /// `[for ...]` or `{for ...}`
    For {
        /// The names it binds, in its body only.
        names: Vec<String>,
        /// What it goes through.
        collection: Box<Expression>,
        /// Key, value and condition, as far as given.
        body: Vec<Expression>,
        /// What it makes.
        makes: Makes,
    },
    /// Operands joined by operators.
    Operation(Vec<Expression>),
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// A text, with its escapes resolved.
    Text(String),
}

/// How the last argument of a call is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// As it is.
    Single,
    /// `...`: each of its elements is an argument.
    Spread,
}

/// What a `for` expression makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Makes {
    /// A tuple.
    Tuple,
    /// An object.
    Object,
}

/// A name and what follows it: `aws_subnet.main[0].id`.
#[derive(Debug, Clone, PartialEq)]
pub struct Traversal {
    /// The first name.
    pub root: String,
    /// What follows.
    pub steps: Vec<TraversalStep>,
}

/// A step from a value into it.
#[derive(Debug, Clone, PartialEq)]
pub enum TraversalStep {
    /// `.name`
    Attribute(String),
    /// `[index]` or `.0`
    Index(Expression),
    /// `[*]` or `.*`
    Splat,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text, with its escapes resolved.
    Text(String),
    /// `${...}`
    Expression(Expression),
    /// `%{if}`
    If {
        /// The condition.
        condition: Expression,
        /// The parts when it holds, then the parts when it does not.
        branches: [Vec<Part>; 2],
    },
    /// `%{for}`
    For {
        /// The names it binds, in its body only.
        names: Vec<String>,
        /// What it goes through.
        collection: Expression,
        /// What it repeats.
        body: Vec<Part>,
    },
}

/// Text that is not an expression or template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at offset {offset} of `{}`", excerpt(.text))]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes from the start.
    pub offset: usize,
    /// The whole text.
    pub text: String,
}

fn excerpt(text: &str) -> String {
    const CHARACTERS_MAX: usize = 120;
    let mut short: String = text.chars().take(CHARACTERS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The expression, when the whole template is one `${...}` and so may have any type.
pub fn whole(parts: &[Part]) -> Option<&Expression> {
    match parts {
        [Part::Expression(expression)] => Some(expression),
        _ => None,
    }
}

impl fmt::Display for Traversal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.root)?;
        for step in &self.steps {
            match step {
                TraversalStep::Attribute(name) => write!(formatter, ".{name}")?,
                TraversalStep::Splat => formatter.write_str("[*]")?,
                TraversalStep::Index(Expression::Literal(Literal::Number(number))) => {
                    write!(formatter, "[{number}]")?;
                }
                TraversalStep::Index(Expression::Literal(Literal::Text(text))) => {
                    write!(formatter, "[{text:?}]")?;
                }
                TraversalStep::Index(Expression::Traversal(inner)) => {
                    write!(formatter, "[{inner}]")?;
                }
                TraversalStep::Index(_) => formatter.write_str("[...]")?,
            }
        }
        Ok(())
    }
}
