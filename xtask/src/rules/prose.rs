//! Prose says who acts, and says enough; lines end where a reader's window does; modules are nouns.
//!
//! "A takeover waits" can be looked up, `somebody waits` cannot. Comments of Rust sources and of scenarios
//! are looked at, and documents, but for what they quote as code. Messages are not: they are data here.

use std::collections::BTreeMap;

use super::sources::Sources;
use super::text::TextFile;
use super::tokens::{Audience, Comment, Token};

/// Longest line, in characters, of documents and Rust sources. A line with a link cannot always be broken,
/// nor can a row of a table, nor what a document quotes.
const COLUMNS_MAX: usize = 120;

/// Actors that a reader cannot look up.
const ACTORS: [&str; 8] = [
    "somebody",
    "nobody",
    "whoever",
    "anybody",
    "everybody",
    "someone",
    "anyone",
    "everyone",
];

/// Names that say nothing of what a module holds.
const VAGUE: [&str; 9] = [
    "values", "words", "read", "build", "check", "body", "root", "util", "file",
];

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// An actor that cannot be looked up.
    Actor,
    /// A documentation comment of one word.
    OneWord,
    /// A line that is too long.
    Line,
    /// A module whose name says nothing.
    Module,
}

impl Fault {
    fn told(self) -> &'static str {
        match self {
            Self::Actor => "say who acts, instead of somebody, nobody, whoever, anyone",
            Self::OneWord => "a documentation comment of one word says nothing",
            Self::Line => "a line of more than 120 characters",
            Self::Module => "a module is named by the noun it holds",
        }
    }
}

/// Where each fault is, by crate or folder.
type Found<'a> = BTreeMap<(&'a str, Fault), Vec<String>>;

/// All breaches.
pub(crate) fn breaches(files: &[TextFile], sources: &Sources) -> Vec<String> {
    found(files, sources)
        .iter()
        .map(|((area, fault), places)| {
            format!(
                "{area}: {}:\n      {}",
                fault.told(),
                places.join("\n      ")
            )
        })
        .collect()
}

fn found<'a>(files: &'a [TextFile], sources: &Sources) -> Found<'a> {
    let mut found = Found::new();
    for file in files {
        let mut add = |line: usize, fault| {
            let place = format!("{}:{line}", file.path);
            found
                .entry((area(&file.path), fault))
                .or_default()
                .push(place);
        };
        if let Some((_, tokens)) = sources.get(&file.path) {
            let comments = tokens.comments.iter();
            comments
                .flat_map(|each| actors(each.line, each.text))
                .for_each(|line| add(line, Fault::Actor));
            one_word(&tokens.comments).for_each(|line| add(line, Fault::OneWord));
            module(&file.path).for_each(|line| add(line, Fault::Module));
            inline_modules(&tokens.tokens).for_each(|line| add(line, Fault::Module));
        } else {
            prose(file)
                .flat_map(|(line, text)| actors(line, text))
                .for_each(|line| add(line, Fault::Actor));
        }
        if file.is("rs") || file.is("md") {
            long(file).for_each(|line| add(line, Fault::Line));
        }
    }
    found
}

/// The crate that a file belongs to, or else its folder at the root of the repository.
fn area(path: &str) -> &str {
    let inside = path.strip_prefix("crates/").unwrap_or(path);
    inside.split_once('/').map_or("the root", |(area, _)| area)
}

/// The line, as often as an actor stands in it.
fn actors(line: usize, text: &str) -> impl Iterator<Item = usize> {
    text.split('`')
        .step_by(2)
        .flat_map(|prose| prose.split(|letter: char| !letter.is_alphabetic()))
        .filter(|word| ACTORS.iter().any(|actor| word.eq_ignore_ascii_case(actor)))
        .map(move |_| line)
}

/// Lines of a document outside of what it quotes as code, and of the story that a scenario tells.
fn prose(file: &TextFile) -> impl Iterator<Item = (usize, &str)> {
    let document = file.is("md");
    let scenario = file.path.contains("/scenarios/") && file.is("txt");
    let mut quoted = false;
    file.text.lines().zip(1..).filter_map(move |(text, line)| {
        let fence = document && text.trim_start().starts_with("```");
        quoted ^= fence;
        let told = document && !quoted && !fence || scenario && text.starts_with('#');
        told.then_some((line, text))
    })
}

/// Lines with a documentation comment that is one word. What is written in a file, quoted as code, is enough.
fn one_word(comments: &[Comment]) -> impl Iterator<Item = usize> {
    let continues = |one: &Comment, other: &Comment| {
        one.audience == other.audience && one.line + 1 == other.line
    };
    comments
        .chunk_by(continues)
        .filter(|block| block[0].audience == Audience::User)
        .filter(|block| {
            let mut words = block.iter().flat_map(|line| line.text.split_whitespace());
            let first = words.next();
            first.is_some_and(|word| !word.contains('`')) && words.next().is_none()
        })
        .map(|block| block[0].line)
}

fn long(file: &TextFile) -> impl Iterator<Item = usize> {
    let document = file.is("md");
    let mut quoted = false;
    file.text.lines().zip(1..).filter_map(move |(text, line)| {
        quoted ^= document && text.trim_start().starts_with("```");
        let row = text.trim_start_matches(['/', '!', ' ']).starts_with('|');
        let unbreakable = text.contains("://") || row || quoted;
        (text.chars().count() > COLUMNS_MAX && !unbreakable).then_some(line)
    })
}

/// The first line of a file that is a module by a name that says nothing.
fn module(path: &str) -> impl Iterator<Item = usize> {
    let within = ["/src/", "/tests/"]
        .iter()
        .any(|folder| path.contains(folder));
    let stem = path
        .strip_suffix("/mod.rs")
        .or_else(|| path.strip_suffix(".rs"));
    let name = stem.and_then(|stem| stem.rsplit('/').next());
    let vague = within && name.is_some_and(|name| VAGUE.contains(&name));
    vague.then_some(1).into_iter()
}

/// Lines that open a module by such a name within a file.
fn inline_modules(tokens: &[Token]) -> impl Iterator<Item = usize> {
    tokens
        .windows(3)
        .filter(|three| three[0].is("mod") && VAGUE.contains(&three[1].text) && three[2].is("{"))
        .map(|three| three[1].line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &[(Fault, &[usize])]) {
        let files = [TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }];
        let found: Vec<_> = found(&files, &Sources::of(&files))
            .into_iter()
            .map(|((_, fault), places)| (fault, places))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(fault, lines)| {
                let places = lines.iter().map(|line| format!("{path}:{line}"));
                (*fault, places.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn actors_are_found_in_comments_and_not_in_code() {
        let text = "//! Somebody's own.\n// nobody, whoever\nfn nobody() { say(\"anybody\") }\n/* x\nanybody */";
        check("a/b.rs", text, &[(Fault::Actor, &[1, 2, 2, 5])]);
        check(
            "a/b.rs",
            "// a takeover waits; somebodies; as user `nobody` does",
            &[],
        );
    }

    #[test]
    fn actors_are_found_in_documents_and_stories() {
        let document = "Nobody.\n```text\nnobody\n```\n- whoever";
        check("docs/a.md", document, &[(Fault::Actor, &[1, 5])]);
        let scenario = "# Somebody asks.\nhold: nobody answers\n";
        check("a/scenarios/b.txt", scenario, &[(Fault::Actor, &[1])]);
        check("a/list.txt", "# somebody\n", &[]);
    }

    #[test]
    fn documentation_of_one_word_is_found() {
        let text = "//! Doors\n\n/// Whither.\nx: u8,\n/// Where it\n/// goes.\ny: u8,\n// one\n/// `Z`\nz";
        check("a/b.rs", text, &[(Fault::OneWord, &[1, 3])]);
    }

    #[test]
    fn lines_end_at_the_limit() {
        let (fits, long) = ("ä".repeat(COLUMNS_MAX), "ä".repeat(COLUMNS_MAX + 1));
        let text = format!("{fits}\n{long}\n{long} https://a.b\n| {long} |\n```\n{long}\n```\n");
        check("docs/a.md", &text, &[(Fault::Line, &[2])]);
        check("a/b.rs", &text, &[(Fault::Line, &[2, 6])]);
        check("a/b.json", &text, &[]);
    }

    #[test]
    fn modules_are_nouns() {
        for name in VAGUE {
            check(
                &format!("crates/a/src/{name}.rs"),
                "",
                &[(Fault::Module, &[1])],
            );
            check(
                &format!("crates/a/src/{name}/mod.rs"),
                "",
                &[(Fault::Module, &[1])],
            );
        }
        check(
            "a/b.rs",
            "mod values;\nmod c { mod words {} }",
            &[(Fault::Module, &[2])],
        );
        check("crates/a/tests/it/util.rs", "", &[(Fault::Module, &[1])]);
        check("crates/a/build.rs", "", &[]);
        check("crates/a/src/files.rs", "", &[]);
    }

    #[test]
    fn breaches_are_told_by_crate_and_place() {
        let files = ["crates/a/b.rs", "c.rs"].map(|path| TextFile {
            path: path.to_owned(),
            text: "// nobody".to_owned(),
        });
        let breaches = breaches(&files, &Sources::of(&files));
        assert_eq!(breaches.len(), 2);
        assert!(breaches[0].starts_with("a: say who acts"), "{breaches:?}");
        assert!(breaches[1].ends_with("c.rs:1"), "{breaches:?}");
    }
}
