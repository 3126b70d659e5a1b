//! The Rust sources of the repository, taken apart once for all rules, and the crates that they make up.

use std::collections::BTreeMap;

use super::text::TextFile;
use super::tokens::Tokens;

/// The Rust sources by their path below the root of the repository.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    tokens: BTreeMap<&'a str, Tokens<'a>>,
    crates: Vec<Crate<'a>>,
}

/// A crate of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crate<'a> {
    /// Its folder below the root of the repository.
    pub(crate) folder: &'a str,
}

impl<'a> Sources<'a> {
    pub(crate) fn of(files: &'a [TextFile]) -> Self {
        let tokens = files
            .iter()
            .filter(|file| file.is("rs"))
            .map(|file| (file.path.as_str(), Tokens::of(&file.text)))
            .collect();
        let crates = files
            .iter()
            .filter(|file| file.text.lines().any(|line| line == "[package]"))
            .filter_map(|file| file.path.strip_suffix("/Cargo.toml"))
            .map(|folder| Crate { folder })
            .collect();
        Self { tokens, crates }
    }

    pub(crate) fn crates(&self) -> impl Iterator<Item = Crate<'a>> {
        self.crates.iter().copied()
    }

    /// The tokens of one file.
    pub(crate) fn get(&self, path: &str) -> Option<(&'a str, &Tokens<'a>)> {
        let (path, tokens) = self.tokens.get_key_value(path)?;
        Some((path, tokens))
    }

    /// The files of a folder and below: where they lie in it, and their path.
    pub(crate) fn below(&self, folder: String) -> impl Iterator<Item = (&'a str, &'a str)> {
        let inside = move |path: &'a str| Some((path.strip_prefix(&folder)?, path));
        self.tokens.keys().filter_map(move |path| inside(path))
    }
}

impl<'a> Crate<'a> {
    /// What it is called: as its folder.
    pub(crate) fn name(&self) -> &'a str {
        self.folder
            .rsplit_once('/')
            .map_or(self.folder, |(_, name)| name)
    }

    /// The folder of what it is built from, with the slash at its end.
    pub(crate) fn source(&self) -> String {
        format!("{}/src/", self.folder)
    }
}
