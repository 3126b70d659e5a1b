//! The commit as a number: what CI samples follows from it, so that every change is tried with other samples,
//! and one commit with the same ones everywhere.

use std::process::Command;

use anyhow::Context as _;

use crate::program::output;

/// The first eight digits of the commit's name.
///
/// # Errors
/// Outside of a repository, or before its first commit.
pub(crate) fn number() -> anyhow::Result<u64> {
    let commit = output(Command::new("git").args(["rev-parse", "HEAD"]))?;
    let digits = commit.trim().get(..8).context("a commit has a name")?;
    u64::from_str_radix(digits, 16).context("a commit's name is a number")
}
