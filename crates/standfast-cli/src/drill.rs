//! `standfast drill`: breaks the system on purpose and reports what its clients saw.
//!
//! The drill itself sees the system only from outside, by running this very command.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use standfast_drill::{
    Finish, LoadPlan, Report, Scenario, Settings, render, render_summary, summarise,
};
use standfast_local::session::OWN_PROGRAM;
use standfast_units::Database;

use crate::exit::{Exit, Failure, Outcome};
use crate::print::{self, Format};
use crate::{files, privilege, system};

/// How `drill` was called.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Drill {
    /// What is done to it: region-loss, freeze, switchover
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<Scenario>,
    /// The database, when there are several
    #[arg(long)]
    database: Option<Database>,
    /// Writes a second
    #[arg(long, value_name = "N")]
    load: Option<u32>,
    /// Clients
    #[arg(long, value_name = "N")]
    clients: Option<u32>,
    /// How many times in a row
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Leave the primary where the drill has moved it
    #[arg(long)]
    stay: bool,
    /// Write each report as JSON into this folder
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(file: Option<&Path>, drill: &Drill, format: Format) -> Outcome {
    // Found here first, for a clear error; the drill finds it again from outside.
    let located = system::locate(file, format)?;
    if located.supervisor().is_none() {
        return Err(Failure::not_running(format!("{} has no running `up`", located.file.system))
            .hint("bring it up: `standfast up FILE --detach`; a drill needs it to start again what it killed"));
    }
    // `--system-file` comes before `--file`: whom we become need not be able to read the latter.
    let given: Vec<String> = std::env::args().skip(1).collect();
    privilege::leave_root(&files::system_path(located.layout.state()), &given)?;
    let usual = LoadPlan::default();
    let load = LoadPlan::new(
        drill.load.unwrap_or(usual.writes_per_second()),
        drill.clients.unwrap_or(usual.clients()),
    )
    .map_err(|error| Failure::new(Exit::Usage, error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let mut kept = true;
    let mut all = Vec::new();
    for scenario in &drill.scenarios {
        let mut reports = Vec::new();
        for run in 1..=drill.runs {
            let mut settings = Settings::new(OWN_PROGRAM);
            settings.arguments = arguments(&located.layout.state().join("system.json"));
            settings.database.clone_from(&drill.database);
            settings.load = load;
            settings.finish = if drill.stay {
                Finish::Stay
            } else {
                Finish::ReturnHome
            };
            if drill.runs > 1 {
                talk(format, &format!("{scenario}: run {run} of {}", drill.runs));
            }
            let report = runtime
                .block_on(standfast_drill::run(settings, *scenario, |progress| {
                    talk(format, &progress.to_string());
                }))
                .map_err(|error| Failure::new(Exit::Failure, error))?;
            kept &= report.kept;
            if let Some(folder) = &drill.report {
                save(folder, &report, *scenario, run)?;
            }
            if format == Format::Human {
                print::data(&render(&report));
            }
            reports.push(report);
        }
        if drill.runs > 1
            && format == Format::Human
            && let Some(summary) = summarise(&reports)
        {
            print::data(&render_summary(&summary));
        }
        all.extend(reports);
    }
    if format == Format::Json {
        match all.as_slice() {
            [one] => print::json(one)?,
            several => print::json(&serde_json::json!({ "version": 1, "reports": several }))?,
        }
    }
    Ok(if kept { Exit::Success } else { Exit::No })
}

/// The subprocesses of the drill are about the same system, wherever they are started.
fn arguments(system: &Path) -> Vec<OsString> {
    vec!["--system-file".into(), system.into()]
}

fn talk(format: Format, text: &str) {
    if format == Format::Human || std::io::stderr().is_terminal() {
        print::say(text);
    }
}

fn save(folder: &Path, report: &Report, scenario: Scenario, run: u32) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(format!("{scenario}-{run}.json"));
    std::fs::write(&path, serde_json::to_vec_pretty(report)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    print::say(&format!("report written to {}", path.display()));
    Ok(())
}
