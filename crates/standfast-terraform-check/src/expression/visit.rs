//! Every name and every call in an expression, with names bound by a `for` left out.

use super::syntax::{Expression, Last, Part, Traversal, TraversalStep};

/// What an expression reads or calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'e> {
    /// A traversal.
    Read(&'e Traversal),
    /// A call: the function, how many arguments, and whether the last is spread.
    Call(&'e str, usize, Last),
}

/// Visits the parts of a template. `bound` names are not reported. What is found comes with the functions
/// around it.
pub(crate) fn parts<'e>(
    parts: &'e [Part],
    bound: &[String],
    sink: &mut impl FnMut(Found<'e>, &[&'e str]),
) {
    Visitor {
        bound: bound.to_vec(),
        around: Vec::new(),
        sink,
    }
    .parts(parts);
}

/// Visits an expression. `bound` names are not reported.
pub(crate) fn expression<'e>(
    expression: &'e Expression,
    bound: &[String],
    sink: &mut impl FnMut(Found<'e>, &[&'e str]),
) {
    Visitor {
        bound: bound.to_vec(),
        around: Vec::new(),
        sink,
    }
    .expression(expression);
}

struct Visitor<'e, 's, S> {
    bound: Vec<String>,
    /// The functions around what is visited, from the outermost in.
    around: Vec<&'e str>,
    sink: &'s mut S,
}

impl<'e, S: FnMut(Found<'e>, &[&'e str])> Visitor<'e, '_, S> {
    fn parts(&mut self, parts: &'e [Part]) {
        for part in parts {
            match part {
                Part::Text(_) => {}
                Part::Expression(expression) => self.expression(expression),
                Part::If {
                    condition,
                    branches,
                } => {
                    self.expression(condition);
                    for branch in branches {
                        self.parts(branch);
                    }
                }
                Part::For {
                    names,
                    collection,
                    body,
                } => {
                    self.expression(collection);
                    self.within(names, |visitor| visitor.parts(body));
                }
            }
        }
    }

    fn within(&mut self, names: &[String], visit: impl FnOnce(&mut Self)) {
        let outer = self.bound.len();
        self.bound.extend_from_slice(names);
        visit(self);
        self.bound.truncate(outer);
    }

    fn expression(&mut self, expression: &'e Expression) {
        match expression {
            Expression::Literal(_) => {}
            Expression::Template(parts) => self.parts(parts),
            Expression::Traversal(traversal) => {
                self.steps(&traversal.steps);
                if !self.bound.contains(&traversal.root) {
                    (self.sink)(Found::Read(traversal), &self.around);
                }
            }
            Expression::Access(base, steps) => {
                self.expression(base);
                self.steps(steps);
            }
            Expression::Call {
                name,
                arguments,
                last,
            } => {
                (self.sink)(Found::Call(name, arguments.len(), *last), &self.around);
                self.around.push(name);
                for argument in arguments {
                    self.expression(argument);
                }
                self.around.pop();
            }
            Expression::Tuple(items) | Expression::Operation(items) => {
                for item in items {
                    self.expression(item);
                }
            }
            Expression::Object(entries) => {
                for (key, value) in entries {
                    self.expression(key);
                    self.expression(value);
                }
            }
            Expression::For {
                names,
                collection,
                body,
                ..
            } => {
                self.expression(collection);
                self.within(names, |visitor| {
                    for part in body {
                        visitor.expression(part);
                    }
                });
            }
        }
    }

    fn steps(&mut self, steps: &'e [TraversalStep]) {
        for step in steps {
            if let TraversalStep::Index(index) = step {
                self.expression(index);
            }
        }
    }
}
