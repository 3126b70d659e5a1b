//! No circles of imports: no more than two files of a crate use each other, and no two of its folders.
//!
//! Files that use each other in a circle can only be understood, tested and moved together. Two that do are
//! bearable; and a parent and its child, which belong together anyway. What counts as a use, and that a
//! re-export stands for the file that defines, is told in [`super::modules`].
//!
//! A folder stands together with the file of its name (`rules.rs` and `rules/`), and is compared with its
//! neighbours, files and folders, not with the folder that it lies in: a root knows what lies below, and
//! uses it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::Modules;
use super::sources::{Crate, Sources};

/// Most files that may use each other.
const FILES_MAX: usize = 2;

type Arrows<'a> = BTreeSet<(&'a str, &'a str)>;

/// All breaches.
pub(crate) fn breaches(sources: &Sources) -> Vec<String> {
    let mut breaches = Vec::new();
    for each in sources.crates() {
        let arrows = arrows(each, sources);
        breaches.extend(told(each.name(), "files", &of_files(&arrows)));
        breaches.extend(told(
            each.name(),
            "neighbours in a folder",
            &of_folders(&arrows),
        ));
    }
    breaches
}

/// Which files of a crate use which, below its sources.
fn arrows<'a>(of: Crate<'a>, sources: &Sources<'a>) -> Arrows<'a> {
    let folder = of.source();
    let inside = |path: &'a str| path.strip_prefix(&folder).unwrap_or(path);
    Modules::of_package(of, sources)
        .iter()
        .flat_map(Modules::arrows)
        .map(|(from, to)| (inside(from), inside(to)))
        .collect()
}

/// A set of things that all reach each other.
#[derive(Debug, PartialEq, Eq)]
struct Circle {
    /// Each with those of the others that it uses.
    members: BTreeMap<String, Vec<String>>,
    /// A shortest way round.
    round: Vec<String>,
}

impl Circle {
    /// How large it is, a way round, and then all there is to cut.
    fn told(&self) -> String {
        let round = format!("{}: {}", self.members.len(), self.round.join(" -> "));
        let uses = self.members.iter();
        let uses = uses.map(|(member, used)| format!("  {member} uses {}", used.join(", ")));
        let lines: Vec<String> = std::iter::once(round).chain(uses).collect();
        lines.join("\n      ")
    }
}

fn of_files(arrows: &Arrows) -> Vec<Circle> {
    let mut circles = circles(arrows);
    circles.retain(|circle| circle.members.len() > FILES_MAX);
    circles
}

fn of_folders(arrows: &Arrows) -> Vec<Circle> {
    let files: BTreeSet<&str> = arrows.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let is_folder = |path: &String| {
        let folder = format!("{path}/");
        files.iter().any(|file| file.starts_with(&folder))
    };
    let between: BTreeSet<_> = arrows
        .iter()
        .filter_map(|(from, to)| neighbours(from, to))
        .collect();
    let between = between
        .iter()
        .map(|(from, to)| (from.as_str(), to.as_str()))
        .collect();
    let mut circles = circles(&between);
    circles.retain(|circle| circle.members.keys().any(is_folder));
    circles
}

/// The two neighbours, in the innermost folder that holds both files, that an arrow leads between: `None`
/// within one of them, and between a folder's own file and what lies in the folder.
fn neighbours<'a>(from: &'a str, to: &'a str) -> Option<(String, String)> {
    let parts = |path: &'a str| path.trim_end_matches(".rs").split('/').collect::<Vec<_>>();
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let neighbour = |path: &[&str]| {
        let own_file = path.len() == shared + 1 && ["lib", "main", "mod"].contains(&path[shared]);
        (path.len() > shared && !own_file).then(|| path[..=shared].join("/"))
    };
    Some((neighbour(&from)?, neighbour(&to)?))
}

/// The strongly connected components of more than one member, the largest first. Crates have some dozens
/// of files, so that it is enough to ask of each member whom it reaches.
fn circles(arrows: &Arrows) -> Vec<Circle> {
    let members: BTreeSet<&str> = arrows.iter().map(|(from, _)| *from).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = members
        .iter()
        .map(|member| (*member, reached_from(member, arrows).into_keys().collect()))
        .collect();
    let mut placed = BTreeSet::new();
    let mut circles = Vec::new();
    for member in &members {
        if !reached[member].contains(member) || placed.contains(member) {
            continue;
        }
        let circle: Vec<&str> = reached[member]
            .iter()
            .filter(|other| {
                reached
                    .get(*other)
                    .is_some_and(|back| back.contains(member))
            })
            .copied()
            .collect();
        placed.extend(circle.iter().copied());
        let rounds = circle.iter().map(|start| round(start, arrows));
        let used = |from: &str| {
            let inside = arrows
                .iter()
                .filter(|arrow| arrow.0 == from && circle.contains(&arrow.1));
            inside.map(|(_, to)| (*to).to_owned()).collect()
        };
        circles.push(Circle {
            round: rounds.min_by_key(Vec::len).unwrap_or_default(),
            members: circle
                .iter()
                .map(|from| ((*from).to_owned(), used(from)))
                .collect(),
        });
    }
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.members.len()));
    circles
}

/// Who is reached by arrows, and from whom first.
fn reached_from<'a>(start: &'a str, arrows: &Arrows<'a>) -> BTreeMap<&'a str, &'a str> {
    let mut reached = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(from) = next.pop_front() {
        for (_, to) in arrows.iter().filter(|arrow| arrow.0 == from) {
            if !reached.contains_key(to) {
                reached.insert(*to, from);
                next.push_back(*to);
            }
        }
    }
    reached
}

/// A shortest way from a member back to itself.
fn round<'a>(start: &'a str, arrows: &Arrows<'a>) -> Vec<String> {
    let reached = reached_from(start, arrows);
    let mut way = vec![start.to_owned()];
    let mut at = start;
    while let Some(from) = reached.get(at) {
        at = from;
        way.push(at.to_owned());
        if at == start {
            break;
        }
    }
    way.reverse();
    way
}

fn told(name: &str, what: &str, circles: &[Circle]) -> Option<String> {
    let told: Vec<String> = circles.iter().map(Circle::told).collect();
    (!told.is_empty()).then(|| {
        format!(
            "{name} has circles of {what}:\n      {}",
            told.join("\n      ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &'static str) -> Arrows<'static> {
        text.split_whitespace()
            .filter_map(|arrow| arrow.split_once("->"))
            .collect()
    }

    fn members(circles: &[Circle]) -> Vec<String> {
        circles
            .iter()
            .map(|circle| {
                let members: Vec<_> = circle.members.keys().map(String::as_str).collect();
                members.join(" ")
            })
            .collect()
    }

    #[test]
    fn three_files_in_a_circle_are_one_too_many() {
        assert!(of_files(&drawn("a->b b->a a->c c->d d->c")).is_empty());
        assert!(of_files(&drawn("a->b b->c a->c")).is_empty());
        let circles = of_files(&drawn("x->a a->b b->c c->a c->y d->e e->f f->g g->d"));
        assert_eq!(members(&circles), ["d e f g", "a b c"]);
        assert_eq!(circles[1].round.join(" "), "a b c a");
    }

    #[test]
    fn the_shortest_way_round_is_told_and_all_uses() {
        let circles = of_files(&drawn("a->b b->c c->d d->a c->b"));
        assert_eq!(
            circles[0].told(),
            "4: b -> c -> b\n        a uses b\n        b uses c\n        c uses b, d\n        d uses a"
        );
    }

    #[test]
    fn folders_are_compared_with_their_neighbours() {
        let told = |text| members(&of_folders(&drawn(text)));
        assert_eq!(told("s/a/x.rs->s/b/y.rs s/b/z.rs->s/a/w.rs"), ["s/a s/b"]);
        assert_eq!(told("s/a/x.rs->s/b.rs s/b.rs->s/a.rs"), ["s/a s/b"]);
        assert_eq!(
            told("s/a/x.rs->s/b.rs s/b.rs->s/c.rs s/c.rs->s/a/y.rs"),
            ["s/a s/b s/c"]
        );
        // Files alone are no folders; a folder and its own file, or its root, are no circle.
        assert_eq!(told("s/a.rs->s/b.rs s/b.rs->s/a.rs"), [""; 0]);
        assert_eq!(told("s/a/x.rs->s/a.rs s/a.rs->s/a/x.rs"), [""; 0]);
        assert_eq!(told("s/lib.rs->s/a/x.rs s/a/x.rs->s/lib.rs"), [""; 0]);
        assert_eq!(
            told("s/a/mod.rs->s/a/x/y.rs s/a/x/y.rs->s/a/mod.rs"),
            [""; 0]
        );
        assert_eq!(told("s/a/x.rs->s/b/y.rs s/b/z.rs->s/b/y.rs"), [""; 0]);
    }

    #[test]
    fn circles_of_sources_are_found() {
        use crate::rules::text::TextFile;
        let files = [
            ("x/Cargo.toml", "[package]\n"),
            ("x/src/lib.rs", "mod a; mod b; mod c; pub use a::A;"),
            ("x/src/a.rs", "pub struct A(crate::b::B);"),
            ("x/src/b.rs", "pub struct B(Vec<crate::c::C>);"),
            ("x/src/c.rs", "use crate::A; pub struct C(Vec<A>);"),
        ]
        .map(|(path, text)| TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        });
        let sources = Sources::of(&files);
        let package = sources.crates().next().unwrap();
        assert_eq!(
            members(&of_files(&arrows(package, &sources))),
            ["a.rs b.rs c.rs"]
        );
        let breaches = breaches(&sources);
        assert_eq!(breaches.len(), 1, "{breaches:?}");
        assert!(
            breaches[0].starts_with("x has circles of files:"),
            "{breaches:?}"
        );
    }
}
