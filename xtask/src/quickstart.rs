//! `cargo xtask quickstart`: from a clone to a failover that was measured.
//!
//! What it leaves behind: the packages it installed (and says so), the user `standfast` when root runs it,
//! and the build. The system itself is gone at the end.

use std::process::ExitCode;

use anyhow::{bail, ensure};

use crate::machine::{self, Machine, Profile};
use crate::metadata::Metadata;
use crate::packages::{self, Need};
use crate::steps::{Steps, say};

/// Runs it; its exit status is the drill's: 0 when the promise was kept, 1 when it was not.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    if !cfg!(target_os = "linux") {
        bail!(
            "`up`, `agent`, `guard` and `drill` need Linux, and so does the quickstart; on this machine \
             build the rest with `cargo build` and try `standfast schema`, or use a Linux container"
        );
    }
    let mut steps = Steps::of("quickstart");
    let ready = steps.take("install what is missing: a PostgreSQL server", || {
        packages::install(&[Need::Postgres])
    }) && steps.take("build standfast (release)", || {
        machine::build(Profile::Release)
    });
    if !ready {
        return Ok(steps.finish());
    }
    let machine = Machine::of_example(&Metadata::read()?);
    let free = steps.take("see that nobody's system is in the way", || {
        ensure!(
            !machine.exists(),
            "a system was brought up from {} before, and its data would be removed at the end; if it may \
             go: `{}`",
            machine::EXAMPLE,
            machine.removal()
        );
        Ok(())
    });
    if !free {
        return Ok(steps.finish());
    }
    let mut answer = None;
    machine.session(&mut steps, |steps| {
        steps.take("lose the home region under load", || {
            let status = machine.drill("region-loss", 1)?;
            answer = status.code();
            match answer {
                Some(0 | 1) => Ok(()),
                _ => bail!("the drill could not be carried out: {status}"),
            }
        });
    });
    let promise_missed = answer == Some(1);
    let finished = steps.finish();
    if promise_missed {
        say("the promise was not kept; the report above says where");
        return Ok(ExitCode::from(1));
    }
    Ok(finished)
}
