//! The programs that these tests need, where they are on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the provider: a filesystem mirror, as `terraform providers mirror` lays it out.
const MIRROR: &str = "STANDFAST_PROVIDER_MIRROR";

/// The emulator's program, `moto_server`.
const EMULATOR: &str = "STANDFAST_MOTO";

/// The scanner's program, `checkov`.
const SCANNER: &str = "STANDFAST_CHECKOV";

/// Where a program is: what a variable says, or by its name.
fn program(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let path = named.unwrap_or_else(|| name.into());
    let works = Command::new(&path).arg("--help").output().is_ok();
    works.then_some(path)
}

/// Says what is missing, or fails where it must not be.
fn missing(what: &str, how: &str) {
    assert!(
        std::env::var_os("STANDFAST_REQUIRE_TERRAFORM").is_none(),
        "{what} is missing: {how}"
    );
    println!("skipped: {what} is missing: {how}");
}

/// Terraform and the folder of its provider.
pub(crate) struct Terraform {
    pub(crate) mirror: PathBuf,
}

impl Terraform {
    /// `None` after saying what is missing.
    pub(crate) fn find() -> Option<Self> {
        if Command::new("terraform").arg("version").output().is_err() {
            missing("terraform", "install it, or OpenTofu under that name");
            return None;
        }
        match std::env::var_os(MIRROR).map(PathBuf::from) {
            Some(mirror) if mirror.is_dir() => Some(Self { mirror }),
            _ => {
                missing(
                    "the AWS provider",
                    "name a filesystem mirror with STANDFAST_PROVIDER_MIRROR",
                );
                None
            }
        }
    }

    /// The configuration that makes Terraform take the provider from the mirror, and from nowhere else.
    pub(crate) fn configuration(&self) -> String {
        format!(
            "disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path = \
             \"{}\"\n  }}\n}}\n",
            self.mirror.display()
        )
    }
}

/// The emulator's program; `None` after saying that it is missing.
pub(crate) fn emulator() -> Option<PathBuf> {
    let found = program(EMULATOR, "moto_server");
    if found.is_none() {
        missing(
            "the emulator",
            "pip install 'moto[server]', or name moto_server with STANDFAST_MOTO",
        );
    }
    found
}

/// The scanner's program; `None` after saying that it is missing.
pub(crate) fn scanner() -> Option<PathBuf> {
    let found = program(SCANNER, "checkov");
    if found.is_none() {
        missing(
            "the policy scanner",
            "pip install checkov, or name it with STANDFAST_CHECKOV",
        );
    }
    found
}

/// The examples' folder.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}
