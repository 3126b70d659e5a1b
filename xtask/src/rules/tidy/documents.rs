//! What documents refer to exists.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::rules::text::TextFile;

/// The table in which each fault names its tests.
const FAILURE_MODES: &str = "docs/failure-modes.md";

/// What stands in that table where a fault has no test yet. It is said, not left out.
const NO_TEST: &str = "none yet";

/// Where each drill has a file of its name, beside what they are made of.
const DRILLS: &str = "crates/standfast-drill/src/scenario/";
const NO_DRILLS: [&str; 2] = ["mod", "script"];

/// Links from one document to a file of the repository lead somewhere.
pub(super) fn links(files: &[TextFile]) -> Vec<String> {
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| file.is("md")) {
        for target in targets(&file.text) {
            let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
            let path = plain(&folder.join(target));
            if !path.exists() {
                breaches.push(format!("{}: the link to {target} leads nowhere", file.path));
            }
        }
    }
    breaches
}

/// Targets of inline links that are paths, without the part within the file.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .filter_map(|target| target.split('#').next())
}

/// Without `..`, so that a folder that does not exist is passed through, as a browser does.
fn plain(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                parts.pop();
            }
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => parts.push(part),
        }
    }
    parts
}

/// Each row of the table of failure modes names tests, scenarios or drills that exist.
pub(super) fn failure_modes(files: &[TextFile]) -> Vec<String> {
    let Some(table) = files.iter().find(|file| file.path == FAILURE_MODES) else {
        return vec![format!("{FAILURE_MODES} is missing")];
    };
    let known = known_tests(files);
    let mut breaches = Vec::new();
    for (index, line) in table.text.lines().enumerate() {
        let Some(last) = last_cell(line) else {
            continue;
        };
        let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        if names.is_empty() && !last.contains(NO_TEST) {
            breaches.push(format!(
                "{FAILURE_MODES}:{}: the row names no test",
                index + 1
            ));
        }
        for name in names.into_iter().filter(|name| !known.contains(*name)) {
            breaches.push(format!(
                "{FAILURE_MODES}:{}: there is no test {name}",
                index + 1
            ));
        }
    }
    breaches
}

/// The last cell of a row, unless it is a heading or the line below one.
fn last_cell(line: &str) -> Option<&str> {
    let cell = line
        .strip_prefix('|')?
        .trim_end()
        .strip_suffix('|')?
        .rsplit('|')
        .next()?
        .trim();
    let heading = cell == "Test" || cell.chars().all(|letter| matches!(letter, '-' | ':'));
    (!heading).then_some(cell)
}

/// Functions of all sources, scenario files by name, drills.
fn known_tests(files: &[TextFile]) -> BTreeSet<Cow<'_, str>> {
    let functions = files
        .iter()
        .filter(|file| file.is("rs"))
        .flat_map(|file| file.text.lines())
        .filter_map(|line| {
            let line = line.trim_start();
            let rest = line
                .strip_prefix("async ")
                .unwrap_or(line)
                .strip_prefix("fn ")?;
            rest.split(['(', '<']).next()
        });
    let scenarios = files
        .iter()
        .filter(|file| file.path.contains("/tests/scenarios/"))
        .filter_map(|file| file.path.rsplit('/').next());
    let drills = files
        .iter()
        .filter_map(|file| file.path.strip_prefix(DRILLS)?.strip_suffix(".rs"))
        .filter(|name| !NO_DRILLS.contains(name))
        .map(|name| Cow::from(format!("drill {}", name.replace('_', "-"))));
    functions
        .chain(scenarios)
        .map(Cow::from)
        .chain(drills)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn only_links_to_files_are_followed() {
        let text = "[a](b.md#c) [d](https://e.f) [g](#h) ![i](../j.png)";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["b.md", "../j.png"]);
        assert_eq!(plain(Path::new("docs/adr/../x.md")), Path::new("docs/x.md"));
        let broken = links(&[file("docs/a.md", "[x](no/such/file.md)")]);
        assert_eq!(broken.len(), 1);
    }

    #[test]
    fn a_row_without_a_real_test_is_told() {
        let table = "| Fault | Test |\n|---|:--|\n| a | `it_works` |\n| b | `x.txt`, `drill freeze` |\n\
                     | c | none yet |\n| d | `no_such` |\n| e | surely |\n";
        let files = [
            file(FAILURE_MODES, table),
            file("crates/a/tests/it/b.rs", "    async fn it_works() {\n"),
            file("crates/a/tests/scenarios/x.txt", ""),
            file("crates/standfast-drill/src/scenario/freeze.rs", ""),
        ];
        assert_eq!(
            failure_modes(&files),
            [
                "docs/failure-modes.md:6: there is no test no_such",
                "docs/failure-modes.md:7: the row names no test"
            ]
        );
    }
}
