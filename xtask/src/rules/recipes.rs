//! The recipes of `CONTRIBUTING.md` lead somewhere: what they say to change is there.
//!
//! A recipe is a list of files, for one of the four things that are added most often. Every path in
//! backticks exists. Where a name is to be put in, it stands in capitals (`fault/NAME.rs`), and the folder
//! that it is put into exists.

use std::path::Path;

use super::text::TextFile;

/// Where they stand.
const DOCUMENT: &str = "CONTRIBUTING.md";

/// Under which heading, up to the next one of its kind.
const SECTION: &str = "## Recipes";

/// A word that the heading of each recipe has: what is added.
const RECIPES: [&str; 4] = ["engine", "fault", "AWS", "rule"];

/// Endings of files at the root of the repository, which have no slash.
const ENDINGS: [&str; 4] = [".md", ".rs", ".toml", ".txt"];

/// All breaches.
pub(crate) fn breaches(files: &[TextFile]) -> Vec<String> {
    let document = files.iter().find(|file| file.path == DOCUMENT);
    let text = document.map_or("", |file| &file.text);
    told(text, &|path| Path::new(path).exists())
}

fn told(document: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let Some(recipes) = recipes(document) else {
        return vec![format!("{DOCUMENT} has no section \"{SECTION}\"")];
    };
    let mut breaches = Vec::new();
    for word in RECIPES {
        let of = recipes
            .iter()
            .filter(|recipe| super::text::mentions(recipe.heading, word));
        match of.collect::<Vec<_>>()[..] {
            [recipe] if recipe.paths().next().is_some() => {}
            [_] => breaches.push(format!(
                "{DOCUMENT}: the recipe for \"{word}\" names no file"
            )),
            [] => breaches.push(format!(
                "{DOCUMENT} has no recipe with \"{word}\" in its heading"
            )),
            _ => breaches.push(format!("{DOCUMENT} has several recipes for \"{word}\"")),
        }
    }
    for recipe in &recipes {
        for (line, path) in recipe.paths().filter(|(_, path)| !exists(path)) {
            let folder = folder_of_placeholder(path);
            if !folder.is_some_and(exists) {
                let wanted = folder.unwrap_or(path);
                breaches.push(format!("{DOCUMENT}:{line}: `{path}`: there is no {wanted}"));
            }
        }
    }
    breaches
}

/// One recipe, with its lines and their numbers.
#[derive(Debug, Default)]
struct Recipe<'a> {
    heading: &'a str,
    lines: Vec<(usize, &'a str)>,
}

impl<'a> Recipe<'a> {
    /// What stands in backticks and looks like a path.
    fn paths(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.lines.iter().flat_map(|(line, text)| {
            let code = text.split('`').skip(1).step_by(2);
            code.filter(|code| is_path(code)).map(|path| (*line, path))
        })
    }
}

fn recipes(document: &str) -> Option<Vec<Recipe<'_>>> {
    let mut lines = document.lines().zip(1..);
    lines.find(|(text, _)| *text == SECTION)?;
    let mut recipes: Vec<Recipe> = Vec::new();
    for (text, line) in lines.take_while(|(text, _)| !text.starts_with("## ")) {
        if let Some(heading) = text.strip_prefix("### ") {
            recipes.push(Recipe {
                heading,
                lines: Vec::new(),
            });
        } else if let Some(recipe) = recipes.last_mut() {
            recipe.lines.push((line, text));
        }
    }
    Some(recipes)
}

fn is_path(code: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    let relative = code.starts_with(|first: char| first.is_ascii_alphabetic() || first == '.');
    let like_a_file = code.contains('/') || ENDINGS.iter().any(|ending| code.ends_with(ending));
    relative && like_a_file && code.chars().all(plain)
}

/// The folder that the first placeholder of a path stands in: a word in capitals, by itself or as a part of
/// a name.
fn folder_of_placeholder(path: &str) -> Option<&str> {
    let is_placeholder =
        |word: &str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase());
    let is_given = |part: &str| part.split(['-', '_', '.']).any(is_placeholder);
    let place = path.split('/').position(is_given)?;
    let (slash, _) = path.match_indices('/').nth(place.checked_sub(1)?)?;
    Some(&path[..slash])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# A\n\n## Recipes\n\nText with `no/such.rs`.\n\n\
                        ### A database engine\n\n1. `crates/a/src/engine.rs`: `Engine::new`, `a b/c`\n\n\
                        ### A drill fault\n\n- `crates/a/src/fault/NAME.rs`, and `CHANGELOG.md`\n\n\
                        ### A kind of thing on AWS\n\n- `crates/standfast-NAME/src/lib.rs` or `127.0.0.0/8`\n\n\
                        ### A safety rule\n\n- `docs/errors/AWS-001.md`, `https://a.b/c`, `docs/`\n\n\
                        ## Changes\n\n`no/such.rs`\n";

    const THERE: [&str; 6] = [
        "CHANGELOG.md",
        "crates",
        "crates/a/src/engine.rs",
        "crates/a/src/fault",
        "docs/",
        "docs/errors/AWS-001.md",
    ];

    fn check(document: &str, expected: &[&str]) {
        assert_eq!(told(document, &|path| THERE.contains(&path)), expected);
    }

    #[test]
    fn a_document_without_recipes_is_told() {
        check("", &["CONTRIBUTING.md has no section \"## Recipes\""]);
        let without = GOOD.replace("### A drill fault", "### A drill");
        check(
            &without,
            &["CONTRIBUTING.md has no recipe with \"fault\" in its heading"],
        );
        let twice = GOOD.replace("### A safety rule", "### A safety rule\n### A rule");
        check(
            &twice,
            &["CONTRIBUTING.md has several recipes for \"rule\""],
        );
        let empty = GOOD.replace("`docs/errors/AWS-001.md`, `https://a.b/c`, `docs/`", "none");
        check(
            &empty,
            &["CONTRIBUTING.md: the recipe for \"rule\" names no file"],
        );
    }

    #[test]
    fn every_path_of_a_recipe_leads_somewhere() {
        check(GOOD, &[]);
        let moved = GOOD.replace("src/engine.rs", "src/engines.rs");
        check(
            &moved,
            &["CONTRIBUTING.md:9: `crates/a/src/engines.rs`: there is no crates/a/src/engines.rs"],
        );
        let folder = GOOD.replace("fault/NAME", "faults/NAME");
        check(
            &folder,
            &["CONTRIBUTING.md:13: `crates/a/src/faults/NAME.rs`: there is no crates/a/src/faults"],
        );
        let document = GOOD.replace("CHANGELOG.md", "CHANGES.md");
        check(
            &document,
            &["CONTRIBUTING.md:13: `CHANGES.md`: there is no CHANGES.md"],
        );
    }

    #[test]
    fn a_placeholder_is_a_word_in_capitals() {
        for (path, folder) in [
            ("a/b/NAME.rs", Some("a/b")),
            ("a/NAME/c.rs", Some("a")),
            ("a/b-NAME-c/d.rs", Some("a")),
            ("a/b.rs", None),
            ("a/B/c.rs", None),
            ("NAME.rs", None),
        ] {
            assert_eq!(folder_of_placeholder(path), folder, "{path}");
        }
    }
}
