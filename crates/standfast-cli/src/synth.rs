//! `synth`: a blueprint as Terraform in a folder.
//!
//! The folder is shared with people: state files, lock files, packages and overrides stay. What was
//! written here before is known by a manifest, so that a file that no blueprint declares any more is
//! removed, and one that was changed by hand is not lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use standfast_terraform::{Options, Output};
use standfast_units::Region;

use crate::blueprint_file;
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::print::{self, Format};
use crate::system::DEFAULT_FILE;

/// What is remembered of the last time, beside what was written.
const MANIFEST: &str = ".standfast-synth.json";

/// The version of its form.
const VERSION: u32 = 1;

/// The most of a script: what an instance takes as user data, before it is encoded.
const SCRIPT_MAX: u64 = 16 * 1024;

/// Arguments of `synth`.
#[derive(Debug, Args)]
pub(crate) struct Synth {
    /// The blueprint
    #[arg(value_name = "FILE")]
    blueprint: Option<PathBuf>,
    /// The folder that the modules are written to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Call a region of the blueprint otherwise at AWS, such as `us-east-1=eu-west-1`
    #[arg(long = "region", value_name = "REGION=AWS", value_parser = renamed)]
    regions: Vec<(Region, String)>,
    /// Show what would be written, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Overwrite files that were changed by hand or not written by this command
    #[arg(long)]
    force: bool,
    /// Write another home region over modules that were never applied
    #[arg(long)]
    new_home: bool,
}

fn renamed(text: &str) -> Result<(Region, String), String> {
    let (region, aws) = text
        .split_once('=')
        .ok_or("write a region of the blueprint, `=` and a region of AWS")?;
    let region = Region::new(region).map_err(|error| error.to_string())?;
    Ok((region, aws.to_owned()))
}

/// The files of the last time, by path, with what they held.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    /// The home region as AWS calls it: what the system began with belongs to its module.
    home: String,
    files: BTreeMap<String, String>,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Created,
    Changed,
    Unchanged,
    Removed,
}

pub(crate) fn run(file: Option<PathBuf>, synth: &Synth, format: Format) -> CommandResult {
    let path = synth.blueprint.clone().or(file);
    let path = path.unwrap_or_else(|| DEFAULT_FILE.into());
    let blueprint = blueprint_file::load(&path, format)?;
    let mut options = Options {
        regions: synth.regions.iter().cloned().collect(),
        scripts: BTreeMap::new(),
    };
    let beside = path.parent().unwrap_or(Path::new("."));
    for script in standfast_terraform::scripts(&blueprint) {
        // One that cannot be read is refused below, with its place in the blueprint.
        if let Some(text) = read_script(beside, script) {
            options.scripts.insert(script.to_owned(), text);
        }
    }
    let output = match standfast_terraform::synthesize(&blueprint, &options) {
        Ok(output) => output,
        Err(refusals) => return Err(blueprint_file::refused(&path, &refusals, format)?),
    };
    let manifest = read_manifest(&synth.out)?;
    same_home(synth, &manifest, &output)?;
    let changes = plan(synth, &manifest, &output)?;
    if !synth.dry_run {
        write(&synth.out, &output, &changes)?;
    }
    match format {
        Format::Human => told(synth, &output, &changes),
        Format::Json => print::json(&serde_json::json!({
            "version": 1,
            "out": synth.out,
            "dry_run": synth.dry_run,
            "order": output.order.iter().map(|step| {
                serde_json::json!({ "folder": step.folder, "why": step.why })
            }).collect::<Vec<_>>(),
            "files": changes,
        }))?,
    }
    Ok(ExitStatus::Success)
}

/// A script that lies beside the blueprint, or below that.
fn read_script(beside: &Path, script: &str) -> Option<String> {
    use std::io::Read as _;
    let folder = if beside.as_os_str().is_empty() {
        Path::new(".").canonicalize().ok()?
    } else {
        beside.canonicalize().ok()?
    };
    let path = folder.join(script).canonicalize().ok()?;
    if !path.starts_with(&folder) || !path.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(SCRIPT_MAX + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= SCRIPT_MAX).then_some(text)
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn read_manifest(out: &Path) -> Result<Manifest, CommandError> {
    let path = out.join(MANIFEST);
    match fs::read(&path) {
        Ok(bytes) => {
            let told = || format!("{} is not what synth wrote", path.display());
            let manifest: Manifest = serde_json::from_slice(&bytes).with_context(told)?;
            // What it names is removed when it is declared no more, so it names nothing elsewhere.
            let inside = |path: &String| {
                let mut parts = Path::new(path).components();
                parts.all(|part| matches!(part, std::path::Component::Normal(_)))
            };
            if manifest.version != VERSION || !manifest.files.keys().all(inside) {
                return Err(CommandError::refused(told())
                    .hint("remove it, and look through what it would overwrite"));
            }
            Ok(manifest)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Manifest::default()),
        Err(error) => Err(CommandError::new(
            ExitStatus::Failure,
            anyhow::Error::new(error).context(format!("cannot read {}", path.display())),
        )),
    }
}

/// The first module is that of the home region.
fn home(output: &Output) -> &str {
    output.order.first().map_or("", |step| step.folder.as_str())
}

/// Refuses another home region: the modules of the same system would delete what it began with (the global
/// cluster, the secret, the tables) in one place and fail to create it in the other.
fn same_home(synth: &Synth, manifest: &Manifest, output: &Output) -> Result<(), CommandError> {
    let home = home(output);
    if manifest.files.is_empty() || manifest.home == home || synth.new_home {
        return Ok(());
    }
    Err(CommandError::refused(format!(
        "{} was written with {} as the home region, and the blueprint now says {home}",
        synth.out.display(),
        manifest.home
    ))
    .hint(
        "applied, this would delete the global cluster and the tables; after a failover leave `home` as it \
         is: who serves is not part of the blueprint",
    )
    .hint("if these modules were never applied: --new-home, or another folder"))
}

/// What would happen to each file; refuses where something that was not written here would be lost.
fn plan(
    synth: &Synth,
    manifest: &Manifest,
    output: &Output,
) -> Result<BTreeMap<String, Change>, CommandError> {
    let mut changes = BTreeMap::new();
    let mut foreign = BTreeSet::new();
    for (path, text) in &output.files {
        let change = match fs::read(synth.out.join(path)) {
            Err(_) => Change::Created,
            Ok(bytes) if bytes == text.as_bytes() => Change::Unchanged,
            Ok(bytes) => {
                if manifest.files.get(path) != Some(&hash(&bytes)) {
                    foreign.insert(path.clone());
                }
                Change::Changed
            }
        };
        changes.insert(path.clone(), change);
    }
    for (path, known) in &manifest.files {
        if output.files.contains_key(path) {
            continue;
        }
        let Ok(bytes) = fs::read(synth.out.join(path)) else {
            continue;
        };
        if hash(&bytes) != *known {
            foreign.insert(path.clone());
        }
        changes.insert(path.clone(), Change::Removed);
    }
    if foreign.is_empty() || synth.force {
        return Ok(changes);
    }
    let foreign: Vec<String> = foreign.into_iter().collect();
    Err(CommandError::refused(format!(
        "changed by hand, or written by somebody else: {}",
        foreign.join(", ")
    ))
    .hint("keep such changes in files of their own (`…_override.tf.json`), or in the blueprint")
    .hint("overwrite them with --force"))
}

fn write(
    out: &Path,
    output: &Output,
    changes: &BTreeMap<String, Change>,
) -> Result<(), CommandError> {
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let files = output.files.iter();
    let manifest = Manifest {
        version: VERSION,
        home: home(output).to_owned(),
        files: files
            .map(|(path, text)| (path.clone(), hash(text.as_bytes())))
            .collect(),
    };
    for (path, change) in changes {
        let whole = out.join(path);
        let at = || format!("cannot write {}", whole.display());
        match change {
            Change::Unchanged => {}
            Change::Removed => fs::remove_file(&whole).with_context(at)?,
            Change::Created | Change::Changed => {
                if let Some(folder) = whole.parent() {
                    fs::create_dir_all(folder).with_context(at)?;
                }
                let text = output.files.get(path).map(String::as_str);
                fs::write(&whole, text.unwrap_or_default()).with_context(at)?;
            }
        }
    }
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    fs::write(out.join(MANIFEST), text)
        .with_context(|| format!("cannot write {}", out.join(MANIFEST).display()))?;
    Ok(())
}

fn told(synth: &Synth, output: &Output, changes: &BTreeMap<String, Change>) {
    let count = |kind: Change| changes.values().filter(|change| **change == kind).count();
    let summary = format!(
        "{}: {} created, {} changed, {} unchanged, {} removed{}",
        synth.out.display(),
        count(Change::Created),
        count(Change::Changed),
        count(Change::Unchanged),
        count(Change::Removed),
        if synth.dry_run { " (dry run)" } else { "" },
    );
    let mut lines = vec![summary];
    for (path, change) in changes {
        match change {
            Change::Created if synth.dry_run => lines.push(format!("  + {path}")),
            Change::Changed => lines.push(format!("  ~ {path}")),
            Change::Removed => lines.push(format!("  - {path}")),
            Change::Created | Change::Unchanged => {}
        }
    }
    lines.push("apply in this order (README.md there says more):".to_owned());
    for (index, step) in output.order.iter().enumerate() {
        lines.push(format!("  {}. {:<16} {}", index + 1, step.folder, step.why));
    }
    print::data(&lines.join("\n"));
}
