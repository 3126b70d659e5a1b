//! What the tests of the AWS output need besides Rust: Terraform with the real provider, an emulator of AWS
//! and a policy scanner.
//!
//! The emulator and the scanner are packages of Python, installed into a folder of their own below `target/`.
//! Terraform and its provider are not in any registry we use: where they are missing, what needs them is
//! skipped by name.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::program::{run_aside, works};
use crate::steps::{Steps, say};

/// The variable that names the folder of a provider mirror.
const MIRROR: &str = "STANDFAST_PROVIDER_MIRROR";

/// Where mirrors lie unless the variable names one: Terraform's implied local mirrors on Linux
/// ("Provider Installation" in its documentation of the CLI configuration), and one more that images use.
const MIRRORS: [&str; 3] = [
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt/tf-plugins",
];

/// The provider within a mirror.
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// The packages of Python, pinned.
const REQUIREMENTS: &str = "xtask/requirements.txt";

/// Where they are installed.
const VENV: &str = "target/python";

/// The variables that tests look at.
pub(crate) type Variables = Vec<(&'static str, OsString)>;

/// Finds and installs; yields the variables under which tests find everything, and whether Terraform is
/// among it.
pub(crate) fn prepare(steps: &mut Steps) -> (Variables, bool) {
    let mut variables = Variables::new();
    let installed = steps.take(
        "install the emulator of AWS and the policy scanner",
        install,
    );
    if installed {
        let program = |name: &str| Path::new(VENV).join("bin").join(name);
        for (variable, name) in [
            ("STANDFAST_MOTO", "moto_server"),
            ("STANDFAST_CHECKOV", "checkov"),
        ] {
            if let Ok(path) = program(name).canonicalize() {
                variables.push((variable, path.into_os_string()));
            }
        }
        variables.push(("STANDFAST_REQUIRE_MOTO", "1".into()));
    }
    match (works("terraform", &["version"]), mirror()) {
        (true, Some(mirror)) => {
            variables.push((MIRROR, mirror.into_os_string()));
            if installed {
                variables.push(("STANDFAST_REQUIRE_TERRAFORM", "1".into()));
            }
            (variables, true)
        }
        (false, _) => {
            steps.skip(
                "Terraform with the real provider",
                "terraform is not installed",
            );
            (variables, false)
        }
        (true, None) => {
            steps.skip(
                "Terraform with the real provider",
                format!(
                    "no mirror of the AWS provider; name its folder with {MIRROR} \
                     (`terraform providers mirror` makes one)"
                ),
            );
            (variables, false)
        }
    }
}

fn mirror() -> Option<PathBuf> {
    let named = env::var_os(MIRROR).map(PathBuf::from);
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".terraform.d/plugins"));
    let usual = MIRRORS.iter().map(PathBuf::from);
    let mut folders = named.into_iter().chain(home).chain(usual);
    folders.find(|folder| folder.join(PROVIDER).is_dir())
}

/// Installs the packages of Python, unless what is installed is what the file asks for.
fn install() -> anyhow::Result<()> {
    let wanted = std::fs::read_to_string(REQUIREMENTS)
        .with_context(|| format!("cannot read {REQUIREMENTS}"))?;
    let mark = Path::new(VENV).join("requirements.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        say("  everything is there");
        return Ok(());
    }
    run_aside(Command::new("python3").args(["-m", "venv", "--clear", VENV]))?;
    let pip = Path::new(VENV).join("bin/pip");
    run_aside(Command::new(pip).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
        REQUIREMENTS,
    ]))?;
    std::fs::write(&mark, wanted).with_context(|| format!("cannot write {}", mark.display()))
}
