//! Expressions by recursive descent, to a bounded depth.

use super::lexer::{self, Lexeme, LineBreak, Token};
use super::syntax::{
    Expression, Last, Literal, Makes, Part, SyntaxError, Traversal, TraversalStep,
};

/// How deep expressions may lie in each other. Generated text stays below ten; the bound keeps hostile
/// text from the end of the stack.
const DEPTH_MAX: usize = 48;

const OPERATORS: [&str; 13] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%",
];

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) offset: usize,
    depth: usize,
    /// Whether the end of a line ends an expression, as between the entries of an object.
    ends: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    BySign,
    ByLine,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            depth: 0,
            ends: Ends::BySign,
        }
    }

    pub(super) fn whole_expression(mut self) -> Parsed<Expression> {
        let expression = self.expression()?;
        match self.peek().token {
            Token::End => Ok(expression),
            _ => self.unexpected("the end"),
        }
    }

    pub(super) fn whole_template(mut self) -> Parsed<Vec<Part>> {
        self.template(super::template::Quotes::Without)
    }

    pub(super) fn peek(&self) -> Lexeme<'a> {
        lexer::next(self.text, self.offset)
    }

    pub(super) fn advance(&mut self) -> Lexeme<'a> {
        let lexeme = self.peek();
        self.offset = lexeme.end;
        lexeme
    }

    /// Takes the sign when it is next.
    pub(super) fn take(&mut self, sign: &'static str) -> Option<()> {
        (self.peek().token == Token::Sign(sign)).then(|| {
            self.advance();
        })
    }

    pub(super) fn expect(&mut self, sign: &'static str) -> Parsed<()> {
        match self.take(sign) {
            Some(()) => Ok(()),
            None => self.unexpected(&format!("`{sign}`")),
        }
    }

    pub(super) fn name(&mut self) -> Parsed<&'a str> {
        match self.peek().token {
            Token::Name(name) => {
                self.advance();
                Ok(name)
            }
            _ => self.unexpected("a name"),
        }
    }

    pub(super) fn fail<T>(&self, offset: usize, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError {
            message: message.into(),
            offset,
            text: self.text.to_owned(),
        })
    }

    fn unexpected<T>(&self, wanted: &str) -> Parsed<T> {
        let lexeme = self.peek();
        let found = match lexeme.token {
            Token::End => "the text ends".to_owned(),
            _ => format!("`{}` stands", &self.text[lexeme.start..lexeme.end]),
        };
        self.fail(lexeme.start, format!("{found} where {wanted} is expected"))
    }

    /// Runs a parser one level deeper, with its own rule about ends of lines.
    fn nested<T>(&mut self, ends: Ends, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH_MAX {
            return self.fail(self.offset, "nested too deep");
        }
        let outer = std::mem::replace(&mut self.ends, ends);
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        self.ends = outer;
        parsed
    }

    /// An expression between signs that end it, like brackets.
    pub(super) fn enclosed(&mut self) -> Parsed<Expression> {
        self.nested(Ends::BySign, Self::expression)
    }

    /// Whether what follows on a new line still belongs to this expression.
    fn continues(&self) -> bool {
        self.ends == Ends::BySign || self.peek().line == LineBreak::Same
    }

    fn expression(&mut self) -> Parsed<Expression> {
        let mut operands = vec![self.operand()?];
        while self.continues() {
            match self.peek().token {
                Token::Sign(sign) if OPERATORS.contains(&sign) => {
                    self.advance();
                    operands.push(self.operand()?);
                }
                Token::Sign("?") => {
                    self.advance();
                    operands.push(self.nested(self.ends, Self::expression)?);
                    self.expect(":")?;
                    operands.push(self.nested(self.ends, Self::expression)?);
                }
                _ => break,
            }
        }
        Ok(match operands.len() {
            1 => operands.remove(0),
            _ => Expression::Operation(operands),
        })
    }

    fn operand(&mut self) -> Parsed<Expression> {
        let mut signed = None;
        while let Token::Sign("-" | "!") = self.peek().token {
            self.advance();
            signed = Some(());
        }
        let primary = self.primary()?;
        let operand = self.followed(primary)?;
        Ok(match signed {
            None => operand,
            Some(()) => Expression::Operation(vec![operand]),
        })
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let lexeme = self.peek();
        match lexeme.token {
            Token::Number(number) => {
                self.advance();
                Ok(Expression::Literal(Literal::Number(number.to_owned())))
            }
            Token::Name(name) => {
                self.advance();
                self.named(name)
            }
            Token::Sign("\"") => {
                self.advance();
                let parts = self.nested(Ends::BySign, Self::quoted)?;
                Ok(match parts.as_slice() {
                    [] => Expression::Literal(Literal::Text(String::new())),
                    [Part::Text(text)] => Expression::Literal(Literal::Text(text.clone())),
                    _ => Expression::Template(parts),
                })
            }
            Token::Sign("(") => {
                self.advance();
                let inner = self.enclosed()?;
                self.expect(")")?;
                // A name in brackets is a value, never the bare key of an object.
                Ok(match inner {
                    Expression::Traversal(_) => Expression::Operation(vec![inner]),
                    _ => inner,
                })
            }
            Token::Sign("[") => {
                self.advance();
                self.nested(Ends::BySign, Self::tuple)
            }
            Token::Sign("{") => {
                self.advance();
                self.nested(Ends::ByLine, Self::object)
            }
            Token::Sign("<<") => self.fail(lexeme.start, "a heredoc is not read"),
            _ => self.unexpected("an expression"),
        }
    }

    fn quoted(&mut self) -> Parsed<Vec<Part>> {
        self.template(super::template::Quotes::Within)
    }

    fn named(&mut self, name: &'a str) -> Parsed<Expression> {
        if self.peek().token == Token::Sign("(") && self.continues() {
            self.advance();
            return self.nested(Ends::BySign, |parser| parser.call(name));
        }
        Ok(match name {
            "true" => Expression::Literal(Literal::Bool(true)),
            "false" => Expression::Literal(Literal::Bool(false)),
            "null" => Expression::Literal(Literal::Null),
            _ => Expression::Traversal(Traversal {
                root: name.to_owned(),
                steps: Vec::new(),
            }),
        })
    }

    fn call(&mut self, name: &str) -> Parsed<Expression> {
        let mut arguments = Vec::new();
        let mut last = Last::Single;
        while self.take(")").is_none() {
            arguments.push(self.enclosed()?);
            if self.take("...").is_some() {
                last = Last::Spread;
                self.expect(")")?;
                break;
            }
            if self.take(",").is_none() {
                self.expect(")")?;
                break;
            }
        }
        let name = name.strip_prefix("core::").unwrap_or(name).to_owned();
        Ok(Expression::Call {
            name,
            arguments,
            last,
        })
    }

    /// The steps after an operand.
    fn followed(&mut self, operand: Expression) -> Parsed<Expression> {
        let mut steps = Vec::new();
        while self.continues() {
            if self.take(".").is_some() {
                steps.push(self.dotted()?);
            } else if self.take("[").is_some() {
                let splat = self.peek().token == Token::Sign("*");
                steps.push(if splat {
                    self.advance();
                    TraversalStep::Splat
                } else {
                    TraversalStep::Index(self.enclosed()?)
                });
                self.expect("]")?;
            } else {
                break;
            }
        }
        Ok(match operand {
            operand if steps.is_empty() => operand,
            Expression::Traversal(Traversal { root, .. }) => {
                Expression::Traversal(Traversal { root, steps })
            }
            operand => Expression::Access(Box::new(operand), steps),
        })
    }

    /// What stands after a point. `.0.1` is two indices, though it reads like a number.
    fn dotted(&mut self) -> Parsed<TraversalStep> {
        let lexeme = self.peek();
        match lexeme.token {
            Token::Name(name) => {
                self.advance();
                Ok(TraversalStep::Attribute(name.to_owned()))
            }
            Token::Sign("*") => {
                self.advance();
                Ok(TraversalStep::Splat)
            }
            Token::Number(number) => {
                let digits = number.split(['.', 'e', 'E']).next().unwrap_or(number);
                self.offset = lexeme.start + digits.len();
                Ok(TraversalStep::Index(Expression::Literal(Literal::Number(
                    digits.to_owned(),
                ))))
            }
            _ => self.unexpected("a name, an index or `*`"),
        }
    }

    fn tuple(&mut self) -> Parsed<Expression> {
        if self.peek().token == Token::Name("for") {
            self.advance();
            return self.comprehension(Makes::Tuple, "]");
        }
        let mut items = Vec::new();
        while self.take("]").is_none() {
            items.push(self.enclosed()?);
            if self.take(",").is_none() {
                self.expect("]")?;
                break;
            }
        }
        Ok(Expression::Tuple(items))
    }

    fn object(&mut self) -> Parsed<Expression> {
        if self.peek().token == Token::Name("for") {
            self.advance();
            return self.nested(Ends::BySign, |parser| {
                parser.comprehension(Makes::Object, "}")
            });
        }
        let mut entries = Vec::new();
        while self.take("}").is_none() {
            let key = match self.expression()? {
                Expression::Traversal(bare) if bare.steps.is_empty() => {
                    Expression::Literal(Literal::Text(bare.root))
                }
                key => key,
            };
            if self.take("=").is_none() {
                self.expect(":")?;
            }
            entries.push((key, self.expression()?));
            let next = self.peek();
            let separated = self.take(",").is_some() || next.line == LineBreak::Later;
            if !separated {
                self.expect("}")?;
                break;
            }
        }
        Ok(Expression::Object(entries))
    }

    /// What follows `for`, through the closing bracket.
    fn comprehension(&mut self, makes: Makes, close: &'static str) -> Parsed<Expression> {
        let (names, collection) = self.binding()?;
        self.expect(":")?;
        let mut body = vec![self.enclosed()?];
        if makes == Makes::Object {
            self.expect("=>")?;
            body.push(self.enclosed()?);
            self.take("...");
        }
        if self.peek().token == Token::Name("if") {
            self.advance();
            body.push(self.enclosed()?);
        }
        self.expect(close)?;
        Ok(Expression::For {
            names,
            collection: Box::new(collection),
            body,
            makes,
        })
    }

    /// `key, value in collection`
    pub(super) fn binding(&mut self) -> Parsed<(Vec<String>, Expression)> {
        let mut names = vec![self.name()?.to_owned()];
        if self.take(",").is_some() {
            names.push(self.name()?.to_owned());
        }
        if self.peek().token != Token::Name("in") {
            return self.unexpected("`in`");
        }
        self.advance();
        Ok((names, self.enclosed()?))
    }
}
