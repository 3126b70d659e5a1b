//! The text files of the repository.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Folders that hold nothing of ours.
const PASSED_OVER: [&str; 2] = [".git", "target"];

/// A file and what it says.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// Its path below the root of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl TextFile {
    /// Whether its name ends so.
    pub(crate) fn is(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|own| own == extension)
    }
}

/// Every text file below a folder, in order. Files that are not UTF-8 are passed over.
pub(crate) fn files(folder: &Path) -> anyhow::Result<Vec<TextFile>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            let passed_over = PASSED_OVER.iter().any(|name| entry.file_name() == *name);
            let kind = entry
                .file_type()
                .context("cannot tell a file from a folder")?;
            if kind.is_dir() && !passed_over {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Ok(text) = fs::read_to_string(entry.path())
            {
                let path = shown(&entry.path());
                files.push(TextFile { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn shown(path: &Path) -> String {
    path.strip_prefix(".")
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

/// Whether a name stands in a text by itself, not as a part of a longer one.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    let of_a_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(of_a_name) && !after.is_some_and(of_a_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_longer_name_is_no_mention() {
        assert!(mentions("use rand::Rng;", "rand"));
        assert!(mentions("rand", "rand"));
        assert!(!mentions("operand, rand_core", "rand"));
    }
}
