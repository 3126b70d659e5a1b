//! The house rules for text that no general tool knows. A reader should be able to rely on them without
//! looking, so breaking one fails the build. The idea is `TigerBeetle`'s (`src/tidy.zig`).
//!
//! Left to clippy and the compiler: names of tests, output from libraries, `unwrap`, function length,
//! missing documentation.

mod documents;

use std::collections::BTreeSet;

use super::text::TextFile;

/// Longest source file. Aim for half; past this, split along a noun.
const LINES_MAX: usize = 800;

/// The safety protocol. Each of its rules begins a line, and code names the one it keeps, as in `P7`.
const PROTOCOL: &str = "docs/protocol.md";

/// Files whose spaces are their point: what a program printed, and a blueprint with the wrong indentation.
const SPACES_MATTER: [&str; 4] = [
    ".snap",
    "problems/a-tab-is-no-indentation.yaml",
    "LICENSE",
    ".patch",
];

/// What must not be left lying around. Put together here, so that this file does not contain them.
const UNFINISHED: [&str; 4] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("d", "bg!("),
    concat!("#[ig", "nore"),
];

/// All breaches.
pub(crate) fn breaches(files: &[TextFile]) -> Vec<String> {
    let mut breaches = Vec::new();
    let protocol = protocol(files);
    for file in files {
        breaches.extend(spaces(file));
        breaches.extend(left_over(file));
        if file.is("rs") {
            breaches.extend(length(file));
            breaches.extend(unfinished(file));
            breaches.extend(test_binaries(file));
        }
        if file.is("rs") || file.is("md") {
            breaches.extend(rules(file, &protocol));
        }
        if file.path.starts_with("crates/") && file.path.ends_with("/Cargo.toml") {
            breaches.extend(manifest(file));
        }
    }
    breaches.extend(documents::links(files));
    breaches.extend(documents::failure_modes(files));
    breaches
}

fn at(file: &TextFile, index: usize, problem: &str) -> String {
    format!("{}:{}: {problem}", file.path, index + 1)
}

fn spaces(file: &TextFile) -> Vec<String> {
    if SPACES_MATTER.iter().any(|end| file.path.ends_with(end)) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if line.contains('\t') {
            breaches.push(at(file, index, "a tab"));
        }
        if line.ends_with([' ', '\r']) {
            breaches.push(at(file, index, "white space at the end of the line"));
        }
    }
    breaches
}

fn length(file: &TextFile) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > LINES_MAX).then(|| {
        format!(
            "{}: {lines} lines, at most {LINES_MAX}: split it along a noun",
            file.path
        )
    })
}

fn unfinished(file: &TextFile) -> Vec<String> {
    let mut breaches = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for mark in UNFINISHED.iter().filter(|mark| line.contains(*mark)) {
            breaches.push(at(file, index, &format!("`{mark}` is unfinished business")));
        }
    }
    breaches
}

/// One integration-test binary per crate: each further one is a link of seconds on every build.
fn test_binaries(file: &TextFile) -> Option<String> {
    let (folder, name) = file.path.rsplit_once('/')?;
    (folder.ends_with("/tests"))
        .then(|| format!("{folder}/{name}: integration tests are modules of tests/it/main.rs"))
}

fn left_over(file: &TextFile) -> Option<String> {
    file.is("new").then(|| {
        format!(
            "{}: a snapshot that was neither accepted nor refused",
            file.path
        )
    })
}

/// The rules that the protocol has, by number.
fn protocol(files: &[TextFile]) -> BTreeSet<u32> {
    files
        .iter()
        .filter(|file| file.path == PROTOCOL)
        .flat_map(|file| file.text.lines())
        .filter_map(|line| {
            line.strip_prefix("- **P")?
                .split([' ', '*'])
                .next()?
                .parse()
                .ok()
        })
        .collect()
}

/// Rules of the protocol that are named exist.
fn rules(file: &TextFile, protocol: &BTreeSet<u32>) -> Vec<String> {
    let mut breaches = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let words = line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        for word in words {
            let number = word
                .strip_prefix('P')
                .filter(|digits| digits.len() <= 2)
                .and_then(|digits| digits.parse::<u32>().ok());
            if number.is_some_and(|number| !protocol.contains(&number)) {
                breaches.push(at(file, index, &format!("{PROTOCOL} has no rule {word}")));
            }
        }
    }
    breaches
}

fn manifest(file: &TextFile) -> Vec<String> {
    let folder = file.path.split('/').nth(1).unwrap_or_default();
    let wanted = [
        format!("name = \"{folder}\""),
        "version.workspace = true".to_owned(),
        "[lints]\nworkspace = true".to_owned(),
    ];
    let mut breaches: Vec<String> = wanted
        .iter()
        .filter(|line| !file.text.contains(line.as_str()))
        .map(|line| format!("{}: `{}` is missing", file.path, line.replace('\n', " ")))
        .collect();
    if !folder.starts_with("standfast-") {
        breaches.push(format!("{}: our crates begin with `standfast-`", file.path));
    }
    breaches
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
    fn white_space_is_told_with_its_line() {
        let breaches = spaces(&file("a.rs", "x\n\ty\nz \n"));
        assert_eq!(
            breaches,
            [
                "a.rs:2: a tab",
                "a.rs:3: white space at the end of the line"
            ]
        );
        assert!(spaces(&file("tests/it/a.snap", "x \n")).is_empty());
    }

    #[test]
    fn a_rule_the_protocol_does_not_have_is_told() {
        let text = "# Rules\n\n- **P1 Lease.** As P2.\n- **P22** Proxies.\n";
        let protocol = protocol(&[file(PROTOCOL, text), file("docs/a.md", "- **P3 No.**\n")]);
        assert_eq!(protocol, BTreeSet::from([1, 22]));
        let text = format!(
            "keeps P1, P22. Not P{} and P{}, but P256, MAP3 and P7x",
            3, 0
        );
        let breaches = rules(&file("a.rs", &text), &protocol);
        assert_eq!(breaches.len(), 2, "{breaches:?}");
    }

    #[test]
    fn a_file_too_long_is_told() {
        assert!(length(&file("a.rs", &"x\n".repeat(LINES_MAX))).is_none());
        assert!(length(&file("a.rs", &"x\n".repeat(LINES_MAX + 1))).is_some());
    }

    #[test]
    fn what_is_unfinished_is_told() {
        for mark in UNFINISHED {
            assert_eq!(unfinished(&file("a.rs", &format!("    {mark}"))).len(), 1);
        }
    }

    #[test]
    fn a_second_test_binary_is_told() {
        assert!(test_binaries(&file("crates/a/tests/b.rs", "")).is_some());
        assert!(test_binaries(&file("crates/a/tests/it/b.rs", "")).is_none());
        assert!(test_binaries(&file("crates/a/src/b/tests.rs", "")).is_none());
    }

    #[test]
    fn a_crate_is_called_after_its_folder_and_takes_the_lints() {
        let good = "name = \"standfast-a\"\nversion.workspace = true\n[lints]\nworkspace = true\n";
        assert!(manifest(&file("crates/standfast-a/Cargo.toml", good)).is_empty());
        assert_eq!(
            manifest(&file("crates/standfast-b/Cargo.toml", good)).len(),
            1
        );
        assert_eq!(manifest(&file("crates/c/Cargo.toml", "")).len(), 4);
    }
}
