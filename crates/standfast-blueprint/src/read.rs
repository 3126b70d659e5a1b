//! From the tree to typed values, with every problem collected and none of them fatal.
//!
//! [`Read`] is the one description of a type in the file: how it is read and what its JSON Schema is.
//! Both sit in one implementation so that the editor and the parser cannot come to disagree.
//! A value that cannot be read becomes `None`, its problem already reported; reading goes on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::expand::REFERENCE_PATTERN;
use crate::source::Spanned;
use crate::tree::{Entry, Kind, Look, Node, Origin, Scalar};
use crate::{Code, Diagnostic, Span};

/// A type that can stand in a blueprint.
pub(crate) trait Read: Sized {
    /// Reads it; `None` after reporting what is wrong.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// Its JSON Schema.
    fn schema(definitions: &mut Definitions) -> Value;
}

/// A type written as one word: how to read the word and what it looks like.
pub(crate) trait Word: Sized {
    /// Its name in the schema.
    const NAME: &'static str;
    /// What it is, with its article, as in `a duration`.
    const WHAT: &'static str;
    /// Every text of the type matches, and every match is read unless it is [`Code::Impossible`].
    const PATTERN: &'static str;
    /// Longest text in characters, where there is a limit.
    const LENGTH_MAX: Option<usize> = None;
    /// Some texts of the type.
    const EXAMPLES: &'static [&'static str];

    /// Reads the word.
    fn parse(text: &str) -> Result<Self, Problem>;
}

/// What is wrong with a word.
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// A way out, and the word to write instead where there is one.
    pub(crate) help: Option<(String, Option<String>)>,
}

impl Problem {
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self {
            code: Code::Malformed,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn impossible(message: impl Into<String>) -> Self {
        Self {
            code: Code::Impossible,
            ..Self::malformed(message)
        }
    }
}

/// Shared definitions of a JSON Schema, by name.
pub(crate) type Definitions = BTreeMap<String, Value>;

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
    pub(crate) fn value_of<T: Read>(&mut self, entry: &Entry) -> Option<T> {
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

    /// Reads the word of a scalar.
    pub(crate) fn word<T: Word>(&mut self, text: &str, span: Span) -> Option<T> {
        match T::parse(text) {
            Ok(value) => Some(value),
            Err(problem) => {
                let mut diagnostic = Diagnostic::error(problem.code, span, problem.message)
                    .here(format!("{} takes {}", self.place(), T::WHAT));
                if let Some((help, replacement)) = problem.help {
                    diagnostic = match replacement {
                        Some(replacement) => diagnostic.fix(help, span, replacement),
                        None => diagnostic.help(help),
                    };
                }
                self.report(diagnostic);
                None
            }
        }
    }
}

/// What a node is, in words; `None` when its problem was reported already.
fn describe(node: &Node) -> Option<&'static str> {
    Some(match &node.kind {
        Kind::Broken => return None,
        Kind::List(_) => "a list",
        Kind::Mapping(_) => "a mapping",
        Kind::Scalar(scalar) => match scalar.look() {
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
        Kind::Scalar(scalar)
            if scalar.origin == Origin::Expanded || scalar.look() == Look::Text =>
        {
            Some(&scalar.text)
        }
        Kind::Scalar(_) | Kind::List(_) | Kind::Mapping(_) | Kind::Broken => None,
    }
}

/// The word to write instead of a number or a flag.
fn meant<T: Word>(node: &Node) -> Option<(String, String)> {
    let Kind::Scalar(scalar) = &node.kind else {
        return None;
    };
    if scalar.look() == Look::Nothing {
        return None;
    }
    match T::parse(&scalar.text) {
        Ok(_) => Some((
            "put quotes around it".to_owned(),
            format!("\"{}\"", scalar.text),
        )),
        Err(problem) => {
            let (text, replacement) = problem.help?;
            Some((text, replacement?))
        }
    }
}

/// The scalar of a node, whatever it looks like.
pub(crate) fn scalar_of<'n>(node: &'n Node, what: &str, reader: &mut Reader) -> Option<&'n Scalar> {
    if let Kind::Scalar(scalar) = &node.kind {
        return Some(scalar);
    }
    reader.wrong_kind(node, what);
    None
}

/// The schema of a scalar: itself, or a reference to the environment in its place.
pub(crate) fn scalar_schema(schema: &Value, definitions: &mut Definitions) -> Value {
    definitions
        .entry("fromEnvironment".to_owned())
        .or_insert_with(|| {
            json!({
                "description": "A value taken from the environment: `${NAME}` or `${NAME:-default}`.",
                "type": "string",
                "pattern": REFERENCE_PATTERN,
            })
        });
    json!({ "anyOf": [schema, { "$ref": "#/$defs/fromEnvironment" }] })
}

impl<T: Word> Read for T {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Some(text) = text_of(node) {
            return reader.word(text, node.span);
        }
        let problem = reader.mismatch(node, T::WHAT)?;
        reader.report(match meant::<T>(node) {
            Some((text, replacement)) => problem.fix(text, node.span, replacement),
            None => problem,
        });
        None
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut schema = json!({ "type": "string", "pattern": T::PATTERN });
        if !T::EXAMPLES.is_empty() {
            schema["examples"] = json!(T::EXAMPLES);
        }
        if let Some(length) = T::LENGTH_MAX {
            schema["maxLength"] = Value::from(length);
        }
        let mut definition = scalar_schema(&schema, definitions);
        definition["description"] = json!(T::WHAT);
        definitions.insert(T::NAME.to_owned(), definition);
        json!({ "$ref": format!("#/$defs/{}", T::NAME) })
    }
}

impl<T: Read> Read for Spanned<T> {
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

impl<T: Read> Read for Partial<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        Some(Self(T::read(node, reader)))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            reader.wrong_kind(node, "a list");
            return None;
        };
        // Every item is read before the first problem ends it.
        let items: Vec<Option<T>> = items.iter().map(|item| T::read(item, reader)).collect();
        items.into_iter().collect()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

/// Things by name, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map<K, V> {
    pub(crate) entries: Vec<(Spanned<K>, V)>,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<K: Word, V: Read> Read for Map<K, V> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_kind(node, "a mapping");
            return None;
        };
        let entries: Vec<Option<_>> = entries
            .iter()
            .map(|entry| {
                let key = reader.word::<K>(&entry.key.value, entry.key.span);
                let value = reader.value_of(entry);
                let span = entry.key.span;
                Some((Spanned { value: key?, span }, value?))
            })
            .collect();
        let entries = entries.into_iter().collect::<Option<_>>()?;
        Some(Self { entries })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut names = json!({ "pattern": K::PATTERN });
        if let Some(length) = K::LENGTH_MAX {
            names["maxLength"] = Value::from(length);
        }
        json!({
            "type": "object",
            "propertyNames": names,
            "additionalProperties": V::schema(definitions),
        })
    }
}

impl<K: Word + Ord, V: Read> Read for BTreeMap<K, V> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let map = Map::<K, V>::read(node, reader)?;
        let entries = map.entries.into_iter();
        Some(entries.map(|(key, value)| (key.value, value)).collect())
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Map::<K, V>::schema(definitions)
    }
}

/// What stands under a key that may be left out.
pub(crate) enum Given<T> {
    /// The key is not there.
    Absent,
    /// Something that could not be read, its problem reported.
    Broken,
    /// A value.
    Value(T),
}

/// The keys of a mapping whose keys are fixed.
pub(crate) struct Fields<'n> {
    entries: &'n [Entry],
    /// Where to point when a key is missing.
    span: Span,
    /// Keys that were probably meant by unknown ones; each was reported with its unknown key.
    meant: BTreeSet<&'static str>,
}

impl<'n> Fields<'n> {
    /// Takes a mapping apart; every key outside `known` is reported.
    pub(crate) fn of(node: &'n Node, known: &[&'static str], reader: &mut Reader) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_kind(node, "a mapping");
            return None;
        };
        let present: BTreeSet<&str> = entries
            .iter()
            .map(|entry| entry.key.value.as_str())
            .collect();
        // A key that is there already was hardly meant.
        let free: Vec<&'static str> = known
            .iter()
            .copied()
            .filter(|name| !present.contains(name))
            .collect();
        let mut meant = BTreeSet::new();
        for entry in entries {
            if !known.contains(&entry.key.value.as_str()) {
                let nearest = nearest(&entry.key.value, &free);
                meant.extend(nearest);
                let problem = unknown_key(&entry.key, nearest, known, &reader.place());
                reader.report(problem);
            }
        }
        Some(Self {
            entries,
            span: first_line(node.span, entries),
            meant,
        })
    }

    fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }

    /// The value of a key that must be there.
    pub(crate) fn required<T: Read>(&self, key: &str, reader: &mut Reader) -> Option<T> {
        if let Some(entry) = self.entry(key) {
            return reader.value_of(entry);
        }
        if self.meant.contains(key) {
            return None;
        }
        let problem = Diagnostic::error(
            Code::MissingKey,
            self.span,
            format!("{} has no `{key}`", reader.place()),
        )
        .here(format!("`{key}` is missing here"));
        reader.report(problem);
        None
    }

    /// The value of a key that may be left out.
    pub(crate) fn optional<T: Read>(&self, key: &str, reader: &mut Reader) -> Given<T> {
        match self.entry(key) {
            None => Given::Absent,
            Some(entry) => match reader.value_of(entry) {
                Some(value) => Given::Value(value),
                None => Given::Broken,
            },
        }
    }
}

/// A place to point at that stands for a whole mapping: the mapping itself when it is written in
/// braces, else its first key, since a block may be pages long.
fn first_line(span: Span, entries: &[Entry]) -> Span {
    match entries.first() {
        Some(first) if first.key.span.start == span.start => first.key.span,
        Some(_) | None => span,
    }
}

fn unknown_key(
    key: &Spanned<String>,
    nearest: Option<&str>,
    known: &[&str],
    place: &str,
) -> Diagnostic {
    let problem = Diagnostic::error(
        Code::UnknownKey,
        key.span,
        format!("{place} has no key `{}`", key.value),
    )
    .here("nothing reads this");
    match nearest {
        Some(name) => problem.fix(format!("did you mean `{name}`?"), key.span, name),
        None => problem.note(format!("the keys are {}", listed(known))),
    }
}

/// The name that was probably meant.
pub(crate) fn nearest<'k>(word: &str, names: &[&'k str]) -> Option<&'k str> {
    // A third of the letters may differ, as in rustc; a beginning of three letters or more (`auto`)
    // and a word that goes on after the end (`postgresql`) are also taken.
    let letters = word.chars().count();
    let begins = |name: &str| letters >= 3 && (name.starts_with(word) || word.starts_with(name));
    names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), *name))
        .filter(|(distance, name)| *distance <= (letters / 3).max(1) || begins(name))
        .min()
        .map(|(_, name)| name)
}

/// Names as a list for people.
pub(crate) fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
