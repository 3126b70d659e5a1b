//! YAML text to a tree that knows where each of its parts stands.
//!
//! Tags, several documents and keys that are not scalars are refused: a blueprint has no use for
//! them. Environment references are replaced here, in values only, so everything after this module
//! sees one kind of scalar.

use std::collections::BTreeMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::environment::{ExpansionFailureKind, expand};
use crate::source::{SourceText, Span, Spanned};
use crate::tree::{MappingEntry, Node, NodeKind, Origin, Scalar};

/// Most nodes of one file, aliases counted as often as they are used. The largest blueprints have
/// some thousand; without a bound, aliases of aliases fill the memory ("billion laughs").
const NODES_MAX: usize = 100_000;

/// Reads the tree; `None` when the text is no YAML or has nothing in it.
pub(crate) fn read(
    source: &SourceText<'_>,
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Rc<Node>> {
    let options = granit_parser::options! { emit_comments: false };
    let mut reader = TreeReader {
        source,
        events: Parser::new_from_str_with_options(text, options),
        environment,
        anchors: BTreeMap::new(),
        problems,
    };
    match reader.stream() {
        Ok(Some(root)) => Some(root),
        Ok(None) => {
            let problem = Diagnostic::error(
                Code::MissingKey,
                source.span(0..0),
                "the file holds nothing",
            );
            problems
                .push(problem.help("begin with `standfast: 1`, or let `standfast init` write it"));
            None
        }
        Err(Stop::Syntax(error)) => {
            let at = error.marker().byte_offset().unwrap_or(text.len());
            let span = source.span(at..at.saturating_add(1));
            problems.push(syntax_problem(&error, source, span));
            None
        }
        Err(Stop::Reported) => None,
    }
}

fn syntax_problem(error: &ScanError, source: &SourceText<'_>, span: Span) -> Diagnostic {
    let info = error.info();
    let tab = source.slice(span) == "\t" || info.contains("tab");
    let problem = Diagnostic::error(Code::NotYaml, span, format!("the file is not YAML: {info}"));
    if tab {
        problem.help("indent with spaces; YAML does not allow tabs there")
    } else {
        problem
    }
}

/// Why reading ends early.
enum Stop {
    Syntax(ScanError),
    Reported,
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self::Syntax(error)
    }
}

struct TreeReader<'r, 's, I>
where
    I: Iterator<Item = Result<(Event<'s>, granit_parser::Span), ScanError>>,
{
    source: &'r SourceText<'r>,
    events: I,
    environment: &'r dyn Fn(&str) -> Option<String>,
    /// What an alias stands for; `None` while the anchored node is still being read.
    anchors: BTreeMap<usize, Rc<Node>>,
    problems: &'r mut Vec<Diagnostic>,
}

impl<'s, I> TreeReader<'_, 's, I>
where
    I: Iterator<Item = Result<(Event<'s>, granit_parser::Span), ScanError>>,
{
    fn next(&mut self) -> Result<(Event<'s>, Span), Stop> {
        match self.events.next() {
            Some(Ok((event, span))) => {
                let bytes = span.byte_range().unwrap_or_default();
                Ok((event, self.source.span(bytes)))
            }
            Some(Err(error)) => Err(Stop::Syntax(error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn stream(&mut self) -> Result<Option<Rc<Node>>, Stop> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    self.problems.push(Diagnostic::error(
                        Code::UnusedYaml,
                        span,
                        "a blueprint is a single document; a second one begins here",
                    ));
                    return Err(Stop::Reported);
                }
                Event::DocumentStart(..) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span)?);
                }
                // The parser wraps every node into a document.
                _ => return Err(Stop::Reported),
            }
        }
    }

    fn node(&mut self, event: Event<'s>, span: Span) -> Result<Rc<Node>, Stop> {
        let (anchor, node) = match event {
            Event::Alias(id) => return self.alias(id, span),
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), span);
                (
                    anchor,
                    Node {
                        span,
                        kind,
                        weight: 1,
                    },
                )
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                (anchor, self.list(span)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                (anchor, self.mapping(span)?)
            }
            _ => return Err(Stop::Reported),
        };
        if node.weight > NODES_MAX {
            self.problems.push(Diagnostic::error(
                Code::UnusedYaml,
                node.span,
                format!("the file unfolds to more than {NODES_MAX} values"),
            ));
            return Err(Stop::Reported);
        }
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Rc<Node>, Stop> {
        if let Some(node) = self.anchors.get(&id) {
            return Ok(Rc::clone(node));
        }
        self.problems.push(
            Diagnostic::error(Code::UnusedYaml, span, "this alias stands for itself")
                .here("used inside the value that it names"),
        );
        Err(Stop::Reported)
    }

    fn list(&mut self, start: Span) -> Result<Node, Stop> {
        let mut items = Vec::new();
        let mut weight: usize = 1;
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let last = items.last().map_or(start, |item: &Rc<Node>| item.span);
                return Ok(Node {
                    span: start.through(closing(last, span)),
                    kind: NodeKind::List(items),
                    weight,
                });
            }
            let item = self.node(event, span)?;
            weight = weight.saturating_add(item.weight);
            items.push(item);
        }
    }

    fn mapping(&mut self, start: Span) -> Result<Node, Stop> {
        let mut entries: Vec<MappingEntry> = Vec::new();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        let mut weight: usize = 1;
        loop {
            let (event, key_span) = self.next()?;
            if event == Event::MappingEnd {
                let last = entries.last().map_or(start, |entry| entry.value.span);
                return Ok(Node {
                    span: start.through(closing(last, key_span)),
                    kind: NodeKind::Mapping(entries),
                    weight,
                });
            }
            let key = self.key(event, key_span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            weight = weight.saturating_add(value.weight);
            if let Some(earlier) = seen.get(&key) {
                self.problems.push(
                    Diagnostic::error(
                        Code::DuplicateKey,
                        key_span,
                        format!("the key `{key}` stands twice in this mapping"),
                    )
                    .here("again here")
                    .label(*earlier, "first here"),
                );
            } else {
                seen.insert(key.clone(), key_span);
                entries.push(MappingEntry {
                    key: Spanned {
                        value: key,
                        span: key_span,
                    },
                    value,
                });
            }
        }
    }

    fn key(&mut self, event: Event<'s>, span: Span) -> Result<String, Stop> {
        let Event::Scalar(text, _, anchor, tag) = event else {
            self.problems.push(Diagnostic::error(
                Code::UnusedYaml,
                span,
                "a key is a plain name, not a list, a mapping or an alias",
            ));
            return Err(Stop::Reported);
        };
        self.refuse_tag(tag.as_deref(), span);
        if anchor != 0 {
            self.problems.push(Diagnostic::error(
                Code::UnusedYaml,
                span,
                "a key cannot carry an anchor; put it on the value",
            ));
        }
        Ok(text.into_owned())
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, span: Span) {
        if let Some(tag) = tag {
            self.problems.push(
                Diagnostic::error(
                    Code::UnusedYaml,
                    span,
                    format!(
                        "a blueprint has no tags, and this value carries `{}`",
                        tag.original()
                    ),
                )
                .help("remove the tag; put quotes around what must be a text"),
            );
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> NodeKind {
        if tag.is_some() {
            self.refuse_tag(tag, span);
            return NodeKind::Broken;
        }
        let written = match style {
            ScalarStyle::Plain => Origin::Plain,
            ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Origin::Quoted,
        };
        match expand(text, self.environment) {
            None => NodeKind::Scalar(Scalar {
                text: text.to_owned(),
                origin: written,
            }),
            Some(Ok(text)) => NodeKind::Scalar(Scalar {
                text,
                origin: Origin::Expanded,
            }),
            Some(Err(failures)) => {
                for failure in failures {
                    let part = text.get(failure.bytes).unwrap_or_default();
                    let place = self.part_of(span, part);
                    self.problems
                        .push(environment_problem(&failure.kind, place));
                }
                NodeKind::Broken
            }
        }
    }

    /// The place of a part of a scalar; the whole scalar when escapes or folds hide the part.
    fn part_of(&self, scalar: Span, part: &str) -> Span {
        match self.source.slice(scalar).find(part) {
            Some(offset) => {
                let start = scalar.start + offset;
                self.source.span(start..start + part.len())
            }
            None => scalar,
        }
    }
}

/// The later of the last child and the closing bracket; a block collection has no bracket, and its
/// end event lies wherever the next thing begins.
fn closing(last: Span, end: Span) -> Span {
    if end.start < end.end { end } else { last }
}

fn environment_problem(kind: &ExpansionFailureKind, span: Span) -> Diagnostic {
    match kind {
        ExpansionFailureKind::Unset(name) => Diagnostic::error(
            Code::Environment,
            span,
            format!("the environment variable `{name}` is not set"),
        )
        .help(format!(
            "set it, or give a default, as in `${{{name}:-value}}`"
        )),
        ExpansionFailureKind::Open => Diagnostic::error(
            Code::Environment,
            span,
            "a reference to the environment is not closed",
        )
        .help("close it with `}`, or write `$${` where `${` itself is meant"),
        ExpansionFailureKind::Name(name) => Diagnostic::error(
            Code::Environment,
            span,
            format!("`{name}` cannot name an environment variable"),
        )
        .help(
            "a name consists of letters, digits and underscores and does not begin with a digit; \
             write `$${` where `${` itself is meant",
        ),
    }
}
