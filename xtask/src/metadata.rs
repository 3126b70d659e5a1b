//! What cargo knows of the workspace and of everything it depends on.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use crate::program::{cargo, output};

/// The part of `cargo metadata` (format version 1) that is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    workspace_members: Vec<String>,
    pub(crate) target_directory: PathBuf,
}

/// A package, ours or not.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// Where it comes from; nothing for what lies in the workspace.
    pub(crate) source: Option<String>,
    manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// What a package asks for in its manifest.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) rename: Option<String>,
    pub(crate) kind: Option<Kind>,
    /// The folder of one that lies in the workspace.
    pub(crate) path: Option<PathBuf>,
}

/// What a dependency is for; nothing when the package itself needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

impl Package {
    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("."))
    }
}

impl Metadata {
    /// Asks cargo. Fails when `Cargo.lock` does not fit the manifests.
    pub(crate) fn read() -> anyhow::Result<Self> {
        Self::read_of(".")
    }

    /// As [`Self::read`], of the workspace in a folder.
    pub(crate) fn read_of(folder: &str) -> anyhow::Result<Self> {
        let mut command = cargo(["metadata", "--format-version=1", "--locked", "--quiet"]);
        let text = output(command.current_dir(folder))?;
        serde_json::from_str(&text).context("cannot read what `cargo metadata` prints")
    }

    /// The packages of this workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The packages of others.
    pub(crate) fn outside(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| !self.workspace_members.contains(&package.id))
    }
}
