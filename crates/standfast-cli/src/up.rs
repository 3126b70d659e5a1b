//! `standfast up`: starts everything one machine needs, and keeps it running.
//!
//! It decides nothing: what it starts does. Its death interrupts nothing, and the next `up` cleans up
//! after it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use standfast_blueprint::{Blueprint, Durability, SecretReference};
use standfast_clock as clock;
use standfast_local::addresses::{Addresses, Plan};
use standfast_local::holds;
use standfast_local::layout::{Layout, Owner};
use standfast_local::ports::{OctetClaim, is_free};
use standfast_local::session::{OWN_NAME, OWN_PROGRAM};
use standfast_local::stale;
use standfast_local::supervisor::{Launcher, ProcessSpec, Supervisor, interrupted};
use standfast_local::up::{Lock, LockError, UpFile};
use tokio::sync::{mpsc, oneshot};

use crate::engine::Adapter;
use crate::exit::{Exit, Failure, Outcome};
use crate::files::{self, SystemFile};
use crate::print::{self, Format};
use crate::{blueprint_file, plan, privilege, runtime, system, watch};

/// How long a new system may take until it serves: two `initdb`, one base backup, a few seconds each on
/// a slow disk.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// How often readiness is looked at.
const READY_POLL: Duration = Duration::from_millis(100);

/// How `up` was called.
#[derive(Debug, Clone)]
pub(crate) struct Up {
    pub(crate) file: PathBuf,
    pub(crate) detach: bool,
    /// We are the background half of a detached `up`.
    pub(crate) supervise: bool,
    pub(crate) dry_run: bool,
    pub(crate) format: Format,
}

/// Runs the command.
pub(crate) fn run(up: &Up) -> Outcome {
    let quiet = if up.supervise {
        Format::Json
    } else {
        up.format
    };
    let (blueprint, variables) = blueprint_file::load_noting(&up.file, quiet)?;
    check_supported(&blueprint)?;
    if up.dry_run {
        return describe(&blueprint, up.format);
    }
    let layout = system::layout(&blueprint.system())?;
    // Before anything is written: what this machine lacks is no reason to leave folders behind.
    check_engines(&blueprint, &layout)?;
    if privilege::is_root() {
        return start_as_user(up, &blueprint, &variables);
    }
    layout
        .prepare(Owner::own())
        .map_err(|error| Failure::new(Exit::Environment, error))?;
    if !up.supervise {
        keep_copy(&up.file, &layout)?;
    }
    if up.detach && !up.supervise {
        return detach(up, &blueprint, &layout);
    }
    let runtime = runtime::start()?;
    runtime.block_on(supervise(up, &blueprint, layout))
}

/// What cannot be kept yet is refused rather than pretended.
fn check_supported(blueprint: &Blueprint) -> Result<(), Failure> {
    for database in &blueprint.databases {
        Adapter::of(database)?;
        let name = &database.name;
        match database.durability {
            Durability::Async => {}
            Durability::Bounded | Durability::Zero => {
                return Err(Failure::refused(format!(
                    "database `{name}`: `durability: {}` needs the commit gate, which is not part of this \
                     version; without it the promise could not be kept",
                    database.durability
                ))
                .hint("use `durability: async` and a promise that allows for its loss (see docs/manual.md)"));
            }
        }
    }
    if blueprint.databases.is_empty() {
        return Err(Failure::refused(
            "the blueprint has no database; there is nothing to bring up",
        ));
    }
    Ok(())
}

fn check_engines(blueprint: &Blueprint, layout: &Layout) -> Result<(), Failure> {
    let octet = standfast_local::addresses::octet_of(&blueprint.system());
    let addresses = Addresses::new(&address_plan(blueprint, octet)).map_err(anyhow::Error::new)?;
    plan::agents(blueprint, &addresses, layout)?
        .iter()
        .try_for_each(Adapter::examine)
}

fn describe(blueprint: &Blueprint, format: Format) -> Outcome {
    let system = blueprint.system();
    let octet = standfast_local::addresses::octet_of(&system);
    let addresses = Addresses::new(&address_plan(blueprint, octet)).map_err(anyhow::Error::new)?;
    let endpoints: BTreeMap<String, String> = addresses
        .endpoints()
        .map(|(endpoint, address)| (endpoint.to_string(), address.to_string()))
        .collect();
    let layout = system::layout(&system)?;
    match format {
        Format::Json => print::json(&serde_json::json!({
            "version": 1,
            "system": system,
            "state": layout.state(),
            "run": layout.run(),
            "endpoints": endpoints,
            "not_run_here": plan::not_run_here(blueprint),
        }))?,
        Format::Human => {
            let mut text = format!("{system}\n  state in {}\n", layout.state().display());
            // Writing to a string cannot fail.
            for (endpoint, address) in endpoints {
                let _ = writeln!(text, "  {address:<22} {endpoint}");
            }
            for section in plan::not_run_here(blueprint) {
                let _ = writeln!(text, "  not run here: {section}");
            }
            print::data(&text);
        }
    }
    Ok(Exit::Success)
}

/// Root reads the blueprint, which may lie where others cannot look, and hands it to the user
/// `standfast` as an open file: root itself writes nothing into folders that are that user's.
fn start_as_user(up: &Up, blueprint: &Blueprint, variables: &[String]) -> Outcome {
    let owner = privilege::ensure_user()?;
    let path = privilege::share(&std::fs::read(&up.file)?)?;
    let mut arguments = vec!["up".to_owned(), path];
    if up.detach {
        arguments.push("--detach".to_owned());
    }
    if up.format == Format::Json {
        arguments.extend(["--format".to_owned(), "json".to_owned()]);
    }
    let mut variables = variables.to_vec();
    if let Some(SecretReference::Environment(name)) = &blueprint.notify.webhook {
        variables.push(name.clone());
    }
    privilege::become_user(owner, &arguments, &variables)
}

fn address_plan(blueprint: &Blueprint, octet: u8) -> Plan {
    Plan {
        octet,
        regions: blueprint
            .regions
            .iter()
            .map(|region| region.region.clone())
            .collect(),
        nodes: blueprint
            .databases
            .iter()
            .flat_map(|database| database.nodes(&blueprint.regions))
            .map(|node| (node.node, node.region))
            .collect(),
        databases: blueprint
            .databases
            .iter()
            .map(|database| database.name.clone())
            .collect(),
    }
}

fn locked(error: LockError) -> Failure {
    match error {
        LockError::Held { .. } => Failure::new(Exit::Refused, error)
            .hint("it is up already: `standfast status`; to start anew: `standfast down` first"),
        _ => Failure::new(Exit::Environment, error),
    }
}

/// The blueprint the system runs by, for whoever looks into its folder later.
fn keep_copy(file: &Path, layout: &Layout) -> Result<(), Failure> {
    let copy = layout.blueprint();
    if file != copy {
        std::fs::read(file)
            .and_then(|text| std::fs::write(&copy, text))
            .with_context(|| format!("cannot copy the blueprint to {}", copy.display()))?;
    }
    Ok(())
}

/// Starts the background half and waits until the system serves.
fn detach(up: &Up, blueprint: &Blueprint, layout: &Layout) -> Outcome {
    // Said here, where the operator sees it; the background half takes the lock for good.
    drop(Lock::acquire(layout).map_err(locked)?);
    let log_path = layout.log("up");
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log_path)
        .with_context(|| format!("cannot open {}", log_path.display()))?;
    let mut child = std::process::Command::new(OWN_PROGRAM)
        .arg0(OWN_NAME)
        .args(["begin-session", OWN_PROGRAM, "up"])
        .arg(layout.blueprint())
        .arg("--supervise")
        .stdin(std::process::Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start the supervisor")?;
    let runtime = runtime::start()?;
    let outcome = runtime.block_on(async {
        let deadline = clock::now().after(READY_WITHIN);
        let mut progress = watch::Progress::new(up.format);
        loop {
            if let Some(status) = child.try_wait()? {
                return Err(Failure::environment(format!(
                    "the system did not come up ({status}): {}",
                    last_line(&log_path)
                ))
                .hint(format!("the whole story is in {}", log_path.display())));
            }
            // Files of an earlier life may lie there: only those of the new supervisor count.
            let located = system::open(layout.clone());
            if let Ok(located) = located
                && located.supervisor() == Some(child.id())
                && progress.look(&located).await
            {
                return Ok(());
            }
            if clock::now() > deadline {
                return Err(Failure::environment(format!(
                    "the system did not serve within {READY_WITHIN:?}; it goes on trying"
                ))
                .hint("see how it stands: `standfast status`")
                .hint(format!(
                    "logs are in {}",
                    layout.state().join("logs").display()
                )));
            }
            clock::pause(READY_POLL).await;
        }
    });
    outcome?;
    let located = system::open(layout.clone())?;
    if let Some(running) = &located.up {
        tell_ports(blueprint, &running.ports)?;
    }
    crate::outputs::print(&located, up.format)?;
    Ok(Exit::Success)
}

fn last_line(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let errors = text.lines().rev().find(|line| line.starts_with("error:"));
    errors
        .or_else(|| text.lines().next_back())
        .unwrap_or("it said nothing")
        .to_owned()
}

async fn supervise(up: &Up, blueprint: &Blueprint, layout: Layout) -> Outcome {
    let lock = Lock::acquire(&layout).map_err(locked)?;
    let cleaned = stale::clean_up(&layout, &lock, standfast_local::supervisor::STOP_WAIT).await?;
    if !cleaned.is_empty() {
        print::say(&format!("cleaned up after an earlier `up`: {cleaned}"));
    }
    holds::lift_all(&layout).context("cannot lift holds")?;
    let (specs, file, claim) = prepare(blueprint, &layout)?;
    tell_ports(blueprint, &file.ports)?;
    let (events, news) = mpsc::channel(256);
    let (viewer_done, viewing) = oneshot::channel();
    let view = tokio::spawn(watch::follow(
        layout.clone(),
        up.supervise,
        up.format,
        news,
        viewer_done,
    ));
    let supervisor = Supervisor::new(layout.clone(), &lock, file).with_launcher(Launcher {
        program: OWN_PROGRAM.into(),
        arguments: vec!["begin-session".into()],
    });
    let report = supervisor.run(specs, interrupted()?, events).await?;
    drop(viewing);
    // The view ends by itself when the supervisor no longer tells it anything.
    let _ = view.await;
    drop(claim);
    for name in &report.killed {
        print::say(&format!("{name} did not end in time and was killed"));
    }
    Ok(Exit::Success)
}

type Prepared = (Vec<ProcessSpec>, UpFile, OctetClaim);

/// Addresses, passwords, files: everything daemons need, before the first one starts.
fn prepare(blueprint: &Blueprint, layout: &Layout) -> Result<Prepared, Failure> {
    let system = blueprint.system();
    let former = UpFile::read(layout)?;
    let claim = OctetClaim::take(&system, former.as_ref().map(|file| file.octet))
        .map_err(|error| Failure::new(Exit::Environment, error))?;
    let mut addresses =
        Addresses::new(&address_plan(blueprint, claim.octet())).map_err(anyhow::Error::new)?;
    let kept = former.map(|file| file.ports).unwrap_or_default();
    addresses
        .settle(&kept, is_free)
        .map_err(|error| Failure::new(Exit::Environment, error))?;
    for database in &blueprint.databases {
        Adapter::of(database)?.ensure_secrets(&layout.secrets())?;
    }
    let described = plan::system(blueprint, &addresses, layout)?;
    let agents = plan::agents(blueprint, &addresses, layout)?;
    for agent in &agents {
        files::write(
            &files::daemon_path(layout.state(), &format!("agent/{}", agent.node)),
            agent,
        )?;
    }
    for controller in plan::controllers(blueprint, &addresses, layout)? {
        let name = format!("controller/{}", controller.region);
        files::write(&files::daemon_path(layout.state(), &name), &controller)?;
    }
    write_system(layout, &described)?;
    let file =
        UpFile::new(system, addresses.octet(), addresses.ports()).context("cannot read /proc")?;
    Ok((plan::processes(blueprint, &addresses, layout)?, file, claim))
}

fn write_system(layout: &Layout, described: &SystemFile) -> Result<(), Failure> {
    files::write(&files::system_path(layout.state()), described)
}

/// Says which of the usual ports were taken.
fn tell_ports(blueprint: &Blueprint, ports: &BTreeMap<String, u16>) -> Result<(), Failure> {
    let usual = Addresses::new(&address_plan(blueprint, 1)).map_err(anyhow::Error::new)?;
    for (endpoint, port) in usual.ports() {
        if let Some(settled) = ports.get(&endpoint).filter(|settled| **settled != port) {
            print::say(&format!(
                "{endpoint}: the usual port {port} is taken, using {settled}"
            ));
        }
    }
    Ok(())
}
