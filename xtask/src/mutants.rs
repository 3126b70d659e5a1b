//! `cargo xtask mutants`: does the simulation find a broken rule? Each patch below
//! `crates/standfast-sim/tests/mutants/` puts one bug into the product that breaks one rule of the safety
//! protocol. It is applied to a copy of the sources, and the simulation of what comes out runs as many seeds as
//! it is told. A seed has found the bug when it breaks a rule and no known fault of the product explains that.
//! What the simulation leaves out is found by a test that the patch names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail, ensure};

use crate::commit;
use crate::program::{cargo, output, run_aside};
use crate::steps::{Steps, say};

/// Where they lie.
const PATCHES: &str = "crates/standfast-sim/tests/mutants";

/// The copy of the sources that is broken, and what is built of it.
const TREE: &str = "target/mutants/tree";
const BUILD: &str = "target/mutants/build";

/// How many seeds CI gives the one that it tries, at most: it ends with the first that finds it.
const SAMPLE_SEEDS: u64 = 10_000;

/// What is told of a run.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many seeds each is given.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// Only those whose name begins so, as `p07`.
    names: Vec<String>,
}

/// One deliberate bug.
#[derive(Debug)]
struct Mutant {
    name: String,
    patch: PathBuf,
    bug: String,
    found_by: FoundBy,
}

#[derive(Debug, PartialEq, Eq)]
enum FoundBy {
    Seeds,
    Test { package: String, name: String },
}

/// Which of the seeds that find a mutant.
#[derive(Debug)]
enum Wanted {
    /// All, of this many.
    All(u64),
    /// The first, within this many.
    First(u64),
}

/// The command of its own.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut steps = Steps::of("mutants");
    let wanted = |mutant: &Mutant| {
        arguments.names.is_empty()
            || arguments
                .names
                .iter()
                .any(|name| mutant.name.starts_with(name.as_str()))
    };
    let mut chosen = Vec::new();
    steps.take("read the mutants", || {
        chosen = mutants()?
            .into_iter()
            .filter(|mutant| wanted(mutant))
            .collect();
        ensure!(!chosen.is_empty(), "no mutant has a name that begins so");
        Ok(())
    });
    let wanted = Wanted::All(arguments.seeds);
    try_all(&mut steps, &chosen, &wanted);
    steps.finish()
}

/// What CI takes: one, which follows from the commit.
pub(crate) fn take(steps: &mut Steps) {
    let mut chosen = Vec::new();
    let chose = steps.take("choose a mutant by the commit", || {
        let mut all = mutants()?;
        let count = u64::try_from(all.len())?;
        let number = commit::number().unwrap_or(0) % count;
        chosen.push(all.swap_remove(usize::try_from(number)?));
        Ok(())
    });
    if chose {
        try_all(steps, &chosen, &Wanted::First(SAMPLE_SEEDS));
    }
}

fn try_all(steps: &mut Steps, mutants: &[Mutant], wanted: &Wanted) {
    if !steps.take("copy the sources", copy_sources) {
        return;
    }
    for mutant in mutants {
        steps.take(format!("{}: {}", mutant.name, mutant.bug), || {
            apply(&mutant.patch, &[])?;
            let result = match &mutant.found_by {
                FoundBy::Seeds => by_seeds(wanted),
                FoundBy::Test { package, name } => by_test(package, name),
            };
            apply(&mutant.patch, &["--reverse"])?;
            result
        });
    }
}

fn by_seeds(wanted: &Wanted) -> anyhow::Result<()> {
    let outcomes = outcomes(wanted)?;
    let mut found = outcomes
        .lines()
        .filter_map(|line| line.split_once(" breaks "));
    let Some((first, rule)) = found.next() else {
        bail!("none of {} seeds finds it", outcomes.lines().count());
    };
    say(&match wanted {
        Wanted::All(seeds) => format!(
            "  found by {} of {seeds} seeds; the first is {first}, which breaks {rule}",
            1 + found.count()
        ),
        Wanted::First(_) => format!("  found by seed {first}, which breaks {rule}"),
    });
    Ok(())
}

fn by_test(package: &str, name: &str) -> anyhow::Result<()> {
    let test = |further: &[&str]| {
        let mut test = cargo([
            "test",
            "--quiet",
            "--package",
            package,
            "--target-dir",
            BUILD,
        ]);
        test.args(["--manifest-path", &format!("{TREE}/Cargo.toml"), "--", name]);
        output(test.args(further))
    };
    say(&format!("  by the test {name} of {package}"));
    // It has to be the test that fails, and not the build.
    test(&["--list"]).context("the mutant does not build")?;
    ensure!(test(&[]).is_err(), "the test passes");
    Ok(())
}

/// What each seed comes to in the copy as it is, a line each.
fn outcomes(wanted: &Wanted) -> anyhow::Result<String> {
    let mut build = cargo([
        "build",
        "--locked",
        "--quiet",
        "--release",
        "--package",
        "standfast-sim",
    ]);
    build.args(["--example", "simulate", "--target-dir", BUILD]);
    build.args(["--manifest-path", &format!("{TREE}/Cargo.toml")]);
    // Built once for each mutant and run for seconds: what was not changed is not built again.
    build
        .env("CARGO_INCREMENTAL", "1")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    run_aside(&mut build)?;
    let mut simulate = Command::new(format!("{BUILD}/release/examples/simulate"));
    let seeds = match wanted {
        Wanted::All(seeds) => seeds,
        Wanted::First(seeds) => {
            simulate.arg("--first");
            seeds
        }
    };
    output(simulate.args(["--outcomes", &format!("0..{seeds}")]))
}

/// A copy of what git knows of or would take, so that nothing is built of what else lies about.
fn copy_sources() -> anyhow::Result<()> {
    if Path::new(TREE).exists() {
        fs::remove_dir_all(TREE).with_context(|| format!("cannot remove {TREE}"))?;
    }
    let mut files = Command::new("git");
    files.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    for file in output(&mut files)?.split('\0') {
        let (from, to) = (Path::new(file), Path::new(TREE).join(file));
        if !from.is_file() {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(from, &to).with_context(|| format!("cannot copy {file}"))?;
    }
    Ok(())
}

/// Applies a patch to the copy.
fn apply(patch: &Path, further: &[&str]) -> anyhow::Result<()> {
    let mut git = Command::new("git");
    // The copy lies within the repository, and is not part of it.
    git.env(
        "GIT_CEILING_DIRECTORIES",
        Path::new(TREE)
            .parent()
            .unwrap_or(Path::new("."))
            .canonicalize()?,
    );
    git.args(["-C", TREE, "apply"])
        .args(further)
        .arg(patch.canonicalize()?);
    output(&mut git).map(|_| ())
}

fn mutants() -> anyhow::Result<Vec<Mutant>> {
    let mut patches: Vec<PathBuf> = fs::read_dir(PATCHES)
        .with_context(|| format!("cannot read {PATCHES}"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    patches.retain(|path| path.extension().is_some_and(|ending| ending == "patch"));
    patches.sort();
    patches.into_iter().map(read).collect()
}

fn read(patch: PathBuf) -> anyhow::Result<Mutant> {
    let text =
        fs::read_to_string(&patch).with_context(|| format!("cannot read {}", patch.display()))?;
    let head = |word: &str| {
        let line = text
            .lines()
            .take(3)
            .find_map(|line| line.strip_prefix(word));
        line.map(|line| line.trim().to_owned())
            .with_context(|| format!("{} does not begin with `{word}`", patch.display()))
    };
    let name = patch
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let rule = head("rule:")?;
    let number: u32 = rule
        .trim_start_matches('P')
        .parse()
        .context("a rule is P and a number")?;
    ensure!(
        name.starts_with(&format!("p{number:02}-")),
        "{name} breaks {rule}"
    );
    let found_by = match head("found by:")?.split_once(' ') {
        None => FoundBy::Seeds,
        Some((package, name)) => FoundBy::Test {
            package: package.to_owned(),
            name: name.to_owned(),
        },
    };
    Ok(Mutant {
        name,
        bug: head("bug:")?,
        found_by,
        patch,
    })
}

/// Those that do not fit the sources any more; `cargo xtask check` asks.
pub(crate) fn outdated() -> anyhow::Result<Vec<String>> {
    let mut breaches = Vec::new();
    for mutant in mutants()? {
        let check = output(
            Command::new("git")
                .args(["apply", "--check"])
                .arg(&mutant.patch),
        );
        if let Err(error) = check {
            breaches.push(format!("{}: {error:#}", mutant.patch.display()));
        }
    }
    Ok(breaches)
}
