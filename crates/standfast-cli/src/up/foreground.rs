//! The half of `up` that keeps the processes of a system running until it is told to end.

use anyhow::Context;
use standfast_local::holds;
use standfast_local::layout::Layout;
use standfast_local::ports::OctetClaim;
use standfast_local::session::OWN_PROGRAM;
use standfast_local::stale;
use standfast_local::supervisor::{Launcher, ProcessSpec, STOP_WAIT, Supervisor, interrupted};
use standfast_local::up::{Lock, UpFile};
use tokio::sync::{mpsc, oneshot};

use crate::deployment::Deployment;
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::watch::{self, Audience};
use crate::{files, print, system, webhook};

/// What the supervisor may have to tell before it is read. More than all processes of a system at once.
const NEWS_MAX: usize = 256;

/// A system whose files are written and whose addresses are taken: all that its supervisor needs.
#[derive(Debug)]
pub(super) struct Supervised {
    layout: Layout,
    claim: OctetClaim,
    lock: Lock,
    up: UpFile,
    processes: Vec<ProcessSpec>,
}

/// Takes the system over from whatever an earlier `up` left, settles its addresses, and writes down what its
/// daemons are started with.
pub(super) async fn start(deployment: Deployment<'_>) -> Result<Supervised, CommandError> {
    let lock = clean_up(deployment.layout()).await?;
    let system = deployment.system();
    let former = UpFile::read(deployment.layout())?;
    let claim = OctetClaim::take(&system, former.as_ref().map(|file| file.octet))
        .map_err(|error| CommandError::new(ExitStatus::Environment, error))?;
    let kept = former.map(|file| file.ports).unwrap_or_default();
    let settled = deployment.settled(claim.octet(), &kept)?;
    write_files(&settled)?;
    let up = UpFile::new(system, claim.octet(), settled.ports()).context("cannot read /proc")?;
    watch::tell_ports(&deployment.moved(&up.ports));
    Ok(Supervised {
        layout: settled.layout().clone(),
        claim,
        lock,
        up,
        processes: settled.processes(),
    })
}

/// Ends what an earlier `up` left running; nothing else touches the system while the lock is held.
async fn clean_up(layout: &Layout) -> Result<Lock, CommandError> {
    let lock = system::lock(layout)?;
    let cleaned = stale::clean_up(layout, &lock, STOP_WAIT).await?;
    if !cleaned.is_empty() {
        print::say(&format!("cleaned up after an earlier `up`: {cleaned}"));
    }
    holds::lift_all(layout).context("cannot lift holds")?;
    Ok(lock)
}

/// Passwords and files: everything daemons need, before the first one starts.
fn write_files(deployment: &Deployment) -> Result<(), CommandError> {
    let layout = deployment.layout();
    for adapter in deployment.adapters() {
        adapter.ensure_secrets(&layout.secrets())?;
    }
    let webhook = &deployment.blueprint().notify.webhook;
    let webhook = webhook.as_ref().map(webhook::url).transpose()?;
    for agent in deployment.agents() {
        files::write(&files::daemon_path(layout.state(), &agent.process()), agent)?;
    }
    for controller in deployment.controllers(webhook.as_deref()) {
        let path = files::daemon_path(layout.state(), &controller.process());
        files::write(&path, &controller)?;
    }
    files::write(
        &files::system_path(layout.state()),
        &deployment.system_file(),
    )
}

/// Keeps the processes running and tells of them, until `up` is told to end.
pub(super) async fn follow(system: Supervised, audience: Audience) -> CommandResult {
    let (events, news) = mpsc::channel(NEWS_MAX);
    let (viewer_done, viewing) = oneshot::channel();
    let layout = system.layout.clone();
    let view = tokio::spawn(watch::follow(layout, audience, news, viewer_done));
    let supervisor =
        Supervisor::new(system.layout, &system.lock, system.up).with_launcher(Launcher {
            program: OWN_PROGRAM.into(),
            arguments: vec!["begin-session".into()],
        });
    let report = supervisor
        .run(system.processes, interrupted()?, events)
        .await?;
    drop(viewing);
    // The view ends by itself when the supervisor no longer tells it anything.
    let _ = view.await;
    drop(system.claim);
    for name in &report.killed {
        print::say(&format!("{name} did not end in time and was killed"));
    }
    Ok(ExitStatus::Success)
}
