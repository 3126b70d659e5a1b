//! What the tokens of one module say: its items, imports, child modules, and the paths it names.

use std::collections::BTreeSet;

use crate::rules::tokens::{Kind, Token};

/// What stands in one module.
#[derive(Debug, Default)]
pub(super) struct Items<'a> {
    pub(super) names: BTreeSet<&'a str>,
    pub(super) types: Vec<Type<'a>>,
    pub(super) imports: Vec<Import<'a>>,
    pub(super) modules: Vec<Child<'a>>,
    /// Macros that define a type under the name they are given.
    pub(super) makers: BTreeSet<&'a str>,
    /// Calls of macros in place of items, each with the name that it seems to give.
    pub(super) calls: Vec<(&'a str, Type<'a>)>,
    pub(super) paths: Vec<Vec<&'a str>>,
    pub(super) words: BTreeSet<&'a str>,
}

/// How far a name is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// Not at all.
    Private,
    /// To some module above.
    Above,
    /// To the whole crate or further.
    Crate,
}

/// A type that its whole crate can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Type<'a> {
    pub(crate) name: &'a str,
    pub(crate) line: usize,
}

/// One leaf of a `use`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import<'a> {
    pub(super) path: Vec<&'a str>,
    /// What it is called here; nothing for a glob.
    pub(super) name: Option<&'a str>,
    /// Whether it is passed on.
    pub(super) visibility: Visibility,
}

/// A module that is declared.
#[derive(Debug)]
pub(super) struct Child<'a> {
    pub(super) name: &'a str,
    /// What `#[path]` says.
    pub(super) path: Option<&'a str>,
    /// What stands in it; nothing when it has a file of its own.
    pub(super) inside: Option<Items<'a>>,
}

/// Keywords after which a type's name stands.
const TYPES: [&str; 5] = ["struct", "enum", "union", "trait", "type"];

/// Keywords after which the name of another item stands.
const OTHERS: [&str; 3] = ["fn", "const", "static"];

/// Keywords that may stand between a visibility and what it is of.
const QUALIFIERS: [&str; 5] = ["unsafe", "async", "auto", "extern", "mut"];

pub(super) fn of<'a>(tokens: &[Token<'a>]) -> Items<'a> {
    let mut reading = Reading {
        tokens,
        at: 0,
        items: Items::default(),
    };
    reading.module();
    reading.items
}

struct Reading<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    items: Items<'a>,
}

impl<'a> Reading<'_, 'a> {
    fn peek(&self, ahead: usize) -> Option<&Token<'a>> {
        self.tokens.get(self.at + ahead)
    }

    fn is(&self, ahead: usize, text: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is(text))
    }

    fn word(&self, ahead: usize) -> Option<&'a str> {
        let token = self.peek(ahead)?;
        (token.kind == Kind::Word).then_some(token.text)
    }

    /// The items of a module, to its end.
    fn module(&mut self) {
        let mut path = None;
        let mut visibility = Visibility::Private;
        while let Some(&token) = self.peek(0) {
            if token.is("#") {
                let attribute = self.attribute();
                if for_tests(attribute) {
                    self.skip_item();
                } else if attribute.first().is_some_and(|name| name.is("path")) {
                    path = attribute
                        .last()
                        .map(|literal| literal.text.trim_matches('"'));
                }
                continue;
            }
            if token.is("pub") {
                visibility = self.visibility();
                continue;
            }
            if QUALIFIERS.iter().any(|word| token.is(word)) || token.kind == Kind::Literal {
                self.at += 1;
                continue;
            }
            self.item(token, visibility, path.take());
            visibility = Visibility::Private;
        }
    }

    /// A `pub`; whether the whole crate may name what follows.
    fn visibility(&mut self) -> Visibility {
        self.at += 1;
        if !self.is(0, "(") {
            return Visibility::Crate;
        }
        let crate_wide = self.is(1, "crate");
        self.at = self.after_group();
        if crate_wide {
            Visibility::Crate
        } else {
            Visibility::Above
        }
    }

    /// One item, or as much of one as can be taken in one step.
    fn item(&mut self, token: Token<'a>, visibility: Visibility, path: Option<&'a str>) {
        if token.is("use") {
            return self.import(visibility);
        }
        if token.is("mod")
            && let Some(name) = self.word(1)
        {
            return self.child(name, path);
        }
        if token.is("macro_rules") && self.is(1, "!") {
            return self.macro_rules();
        }
        if self.is(1, "!") && token.kind == Kind::Word {
            return self.macro_call(token.text);
        }
        let named = self.word(1);
        if let Some(name) = named.filter(|_| TYPES.iter().any(|word| token.is(word))) {
            self.items.names.insert(name);
            if visibility == Visibility::Crate {
                let line = token.line;
                self.items.types.push(Type { name, line });
            }
            self.at += 2;
        } else if let Some(name) = named.filter(|_| OTHERS.iter().any(|word| token.is(word))) {
            self.items.names.insert(name);
            self.at += 2;
            // `const fn name`.
            if let Some(inner) = self.word(0).filter(|_| name == "fn") {
                self.items.names.insert(inner);
                self.at += 1;
            }
        }
        self.rest_of_item();
    }

    /// Code up to the end of the item: `;`, or the end of its braces.
    fn rest_of_item(&mut self) {
        while let Some(token) = self.peek(0) {
            if token.is(";") {
                self.at += 1;
                return;
            }
            let braces = token.is("{");
            if braces || token.is("(") || token.is("[") {
                let end = self.after_group();
                self.code(end);
                if braces && !self.is(0, ";") {
                    return;
                }
                continue;
            }
            self.step();
        }
    }

    /// Code up to a place: paths, imports, and what is for tests alone passed over.
    fn code(&mut self, end: usize) {
        while self.at < end {
            if self.is(0, "#") && (self.is(1, "[") || self.is(1, "!")) {
                if for_tests(self.attribute()) {
                    self.skip_item();
                }
            } else if self.is(0, "use") && !self.is(1, "<") {
                self.import(Visibility::Private);
            } else {
                self.step();
            }
        }
    }

    /// One token, or one path.
    fn step(&mut self) {
        let Some(first) = self.word(0) else {
            self.at += 1;
            return;
        };
        let before = self.at.checked_sub(1).map(|at| self.tokens[at]);
        let within = before.is_some_and(|token| token.is(".") || token.is("::"));
        let mut path = vec![first];
        self.at += 1;
        while self.is(0, "::")
            && let Some(next) = self.word(1)
        {
            path.push(next);
            self.at += 2;
        }
        if within {
            return;
        }
        self.items.words.insert(first);
        if path.len() > 1 {
            self.items.paths.push(path);
        }
    }

    fn child(&mut self, name: &'a str, path: Option<&'a str>) {
        self.at += 2;
        let inside = self.is(0, "{").then(|| {
            let end = self.after_group();
            let inside = of(self.tokens.get(self.at + 1..end - 1).unwrap_or_default());
            self.at = end;
            inside
        });
        if inside.is_none() {
            self.at += 1;
        }
        self.items.modules.push(Child { name, path, inside });
    }

    /// A macro's definition: types that it spells out are defined wherever it is called, which we take for
    /// here.
    fn macro_rules(&mut self) {
        let name = self.word(2);
        self.at += 3;
        let end = self.after_group();
        let inside = &self.tokens[self.at.min(end)..end];
        let makes = inside.windows(3).any(|three| {
            three[0].is("pub")
                && TYPES[..2].iter().any(|word| three[1].is(word))
                && three[2].is("$")
        });
        self.items.makers.extend(name.filter(|_| makes));
        self.spelled_out(end);
        self.code(end);
    }

    /// A call of a macro in place of an item.
    fn macro_call(&mut self, name: &'a str) {
        self.items.words.insert(name);
        self.at += 2;
        let end = self.after_group();
        let given = self.tokens[self.at.min(end)..end]
            .iter()
            .find(|token| token.text.starts_with(char::is_uppercase));
        if let Some(given) = given {
            let made = Type {
                name: given.text,
                line: given.line,
            };
            self.items.calls.push((name, made));
        }
        self.spelled_out(end);
        self.code(end);
        if self.is(0, ";") {
            self.at += 1;
        }
    }

    /// Types that stand in the tokens of a macro as `pub struct Name`.
    fn spelled_out(&mut self, end: usize) {
        for three in self.tokens[self.at.min(end)..end].windows(3) {
            let [visibility, keyword, name] = three else {
                continue;
            };
            let shown = visibility.is("pub") || visibility.is(")");
            if shown
                && TYPES.iter().any(|word| keyword.is(word))
                && name.kind == Kind::Word
                && self.items.names.insert(name.text)
            {
                self.items.types.push(Type {
                    name: name.text,
                    line: name.line,
                });
            }
        }
    }

    /// An attribute, without its brackets.
    fn attribute(&mut self) -> &[Token<'a>] {
        self.at += 1;
        if self.is(0, "!") {
            self.at += 1;
        }
        let start = self.at + 1;
        let end = if self.is(0, "[") {
            self.after_group()
        } else {
            start
        };
        self.at = end;
        self.tokens.get(start..end - 1).unwrap_or_default()
    }

    /// Passes over an item, field, statement or arm and the attributes before it.
    fn skip_item(&mut self) {
        while let Some(token) = self.peek(0) {
            if token.is(";") || token.is(",") {
                self.at += 1;
                return;
            }
            if token.is("}") || token.is(")") {
                return;
            }
            let braces = token.is("{");
            if braces || token.is("(") || token.is("[") {
                self.at = self.after_group();
                if braces {
                    return;
                }
            } else {
                self.at += 1;
            }
        }
    }

    /// The place after the group that begins here.
    fn after_group(&self) -> usize {
        let mut depth = 0_usize;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at) {
            if ["(", "[", "{"].iter().any(|sign| token.is(sign)) {
                depth += 1;
            } else if [")", "]", "}"].iter().any(|sign| token.is(sign)) {
                depth = depth.saturating_sub(1);
            }
            if depth == 0 {
                return index + 1;
            }
        }
        self.tokens.len()
    }

    fn import(&mut self, visibility: Visibility) {
        self.at += 1;
        // `use ::name` leaves the crate, as every path does that leads nowhere in it.
        let outside = self.is(0, "::");
        let imports = self.items.imports.len();
        self.tree(&mut Vec::new(), visibility);
        if outside {
            self.items.imports.truncate(imports);
        }
        if self.is(0, ";") {
            self.at += 1;
        }
    }

    /// One tree of a `use`, whose beginning is given.
    fn tree(&mut self, before: &mut Vec<&'a str>, visibility: Visibility) {
        let depth = before.len();
        while let Some(&token) = self.peek(0) {
            if token.is("::") {
                self.at += 1;
            } else if token.is("{") {
                self.at += 1;
                while self.peek(0).is_some_and(|token| !token.is("}")) {
                    let start = self.at;
                    self.tree(before, visibility);
                    if self.is(0, ",") || self.at == start {
                        self.at += 1;
                    }
                }
                self.at += 1;
                break;
            } else if token.is("*") {
                self.at += 1;
                self.leaf(before, None, visibility);
                break;
            } else if token.kind == Kind::Word {
                before.push(token.text);
                self.at += 1;
                if !self.is(0, "::") {
                    self.named_leaf(before, visibility);
                    break;
                }
            } else {
                break;
            }
        }
        before.truncate(depth);
    }

    fn named_leaf(&mut self, path: &mut Vec<&'a str>, visibility: Visibility) {
        if path.len() > 1 && path.last() == Some(&"self") {
            path.pop();
        }
        let mut name = path.last().copied();
        if self.is(0, "as") {
            name = self.word(1);
            self.at += 2;
        }
        if let Some(name) = name {
            self.leaf(path, Some(name), visibility);
        }
    }

    fn leaf(&mut self, path: &[&'a str], name: Option<&'a str>, visibility: Visibility) {
        self.items.imports.push(Import {
            path: path.to_vec(),
            name,
            visibility,
        });
    }
}

/// `cfg(test)`, also as one of several conditions.
fn for_tests(attribute: &[Token<'_>]) -> bool {
    attribute.first().is_some_and(|name| name.is("cfg"))
        && attribute.iter().any(|token| token.is("test"))
        && !attribute.iter().any(|token| token.is("not"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tokens::Tokens;

    fn imports(source: &str) -> Vec<String> {
        let tokens = Tokens::of(source).tokens;
        of(&tokens)
            .imports
            .iter()
            .map(|import| {
                let name = import.name.unwrap_or("*");
                let public = match import.visibility {
                    Visibility::Private => "",
                    Visibility::Above => "above ",
                    Visibility::Crate => "pub ",
                };
                format!("{public}{name} = {}", import.path.join("::"))
            })
            .collect()
    }

    fn types(source: &str) -> Vec<&str> {
        let tokens = Tokens::of(source).tokens;
        of(&tokens).types.iter().map(|each| each.name).collect()
    }

    #[test]
    fn groups_within_groups_are_taken_apart() {
        assert_eq!(
            imports("pub use a::{self, b::{C, D as E, f::*,}, g};\nuse ::h::I; use j;"),
            [
                "pub a = a",
                "pub C = a::b::C",
                "pub E = a::b::D",
                "pub * = a::b::f",
                "pub g = a::g",
                "j = j",
            ]
        );
    }

    #[test]
    fn types_that_others_may_name_count() {
        let source = "pub struct A; pub(crate) enum B { C } struct D; pub(in crate::x) trait E {}\n\
                      pub type F<T> = Vec<T>; pub unsafe trait G { type H; } pub union I { a: u8 }\n\
                      impl G for A { type H = u8; } pub fn f() { pub struct J; }\n\
                      #[cfg(test)] pub struct K; #[derive(Debug)] pub struct L(pub struct_like);";
        assert_eq!(types(source), ["A", "B", "F", "G", "I", "L"]);
    }

    #[test]
    fn types_that_stand_within_a_macro_count() {
        let source = "macro_rules! codes { ($($c:ident),*) => { pub enum Code { $($c),* } } }\n\
                      codes! { A, B }\n\
                      record! { /// One.\n pub struct Spec { required a: B } }";
        assert_eq!(types(source), ["Code", "Spec"]);
    }

    #[test]
    fn what_does_not_compile_is_passed_over() {
        for source in [
            "use",
            "use a::{",
            "mod",
            "mod a {",
            "#",
            "#[",
            "pub",
            "macro_rules! a",
            "a!",
            "}",
        ] {
            let tokens = Tokens::of(source).tokens;
            of(&tokens);
        }
    }
}
