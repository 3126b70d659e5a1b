//! Terraform's expression and template language, as far as a check needs it.
//!
//! Everything is parsed, so a misplaced bracket is found, but operators are not told apart: what matters
//! is which names an expression reads, which functions it calls, and whether a string is one expression.
//! Heredocs are not read; a JSON string has no need of them. The grammar is that of HCL's
//! `hclsyntax/spec.md`.

mod lexer;
mod parser;
mod syntax;
mod template;
pub(crate) mod visit;

pub(crate) use lexer::is_name;
pub use syntax::{
    Expression, Last, Literal, Makes, Part, SyntaxError, Traversal, TraversalStep, whole,
};

/// Parses a string as it stands in a JSON document: a template without quotes.
///
/// # Errors
///
/// When the string is not a template.
pub fn parse_template(text: &str) -> Result<Vec<Part>, SyntaxError> {
    parser::Parser::new(text).whole_template()
}

/// Parses an expression without `${` and `}` around it.
///
/// # Errors
///
/// When the text is not one expression.
pub fn parse_expression(text: &str) -> Result<Expression, SyntaxError> {
    parser::Parser::new(text).whole_expression()
}
