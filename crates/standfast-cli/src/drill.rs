//! `standfast drill`: breaks the system on purpose and reports what its clients saw.
//!
//! The drill itself sees the system only from outside, by running this very command.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use standfast_drill::{
    DrillReport, DrillSettings, Expectation, Finish, LoadPlan, Milestone, Scenario, render,
    render_summary, summarise,
};
use standfast_local::session::OWN_PROGRAM;
use standfast_units::Database;
use tokio::runtime::Runtime;

use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::print::{self, Format};
use crate::{files, privilege, system};

/// How `drill` was called.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Drill {
    /// What is done to it
    #[arg(required_unless_present = "list", value_name = "SCENARIO", value_parser = ScenarioParser)]
    scenarios: Vec<Scenario>,
    /// List the scenarios and do nothing
    #[arg(long, conflicts_with = "scenarios")]
    list: bool,
    /// The database, when there are several
    #[arg(long)]
    database: Option<Database>,
    /// Writes a second
    #[arg(long, value_name = "N")]
    load: Option<u32>,
    /// How many clients write
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

/// Reads the name of a scenario. What it knows, help and completions are told.
#[derive(Debug, Clone)]
struct ScenarioParser;

impl TypedValueParser for ScenarioParser {
    type Value = Scenario;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Scenario, clap::Error> {
        let named = StringValueParser::new().try_map(|name| name.parse::<Scenario>());
        named.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let known = Scenario::ALL.iter();
        Some(Box::new(known.map(|scenario| {
            PossibleValue::new(scenario.name()).help(scenario.summary())
        })))
    }
}

/// Prints what there is to choose from, and what is known to be missed.
fn list(format: Format) -> CommandResult {
    match format {
        Format::Human => {
            for scenario in Scenario::ALL {
                let known = match scenario.expectation() {
                    Expectation::Kept { .. } => String::new(),
                    Expectation::Missed { reason } => {
                        format!(" (a promise missed today: {reason})")
                    }
                };
                let summary = scenario.summary();
                print::data(&format!("{scenario:<12} {summary}{known}"));
            }
        }
        Format::Json => {
            let scenarios: Vec<_> = Scenario::ALL.iter().copied().map(described).collect();
            print::json(&serde_json::json!({ "version": 1, "scenarios": scenarios }))?;
        }
    }
    Ok(ExitStatus::Success)
}

/// One scenario for programs: `missed_because` is absent where the promise is kept, and what is not kept
/// is not repeated by a benchmark.
fn described(scenario: Scenario) -> serde_json::Value {
    let (benchmark_runs, missed_because) = match scenario.expectation() {
        Expectation::Kept { benchmark_runs } => (benchmark_runs, None),
        Expectation::Missed { reason } => (0, Some(reason)),
    };
    serde_json::json!({
        "name": scenario,
        "summary": scenario.summary(),
        "benchmark_runs": benchmark_runs,
        "missed_because": missed_because,
    })
}

/// Runs the command.
pub(crate) fn run(file: Option<&Path>, drill: &Drill, format: Format) -> CommandResult {
    if drill.list {
        return list(format);
    }
    // Found here first, for a clear error; the drill finds it again from outside.
    let located = system::locate(file, format)?;
    if located.supervisor().is_none() {
        return Err(CommandError::not_running(format!("{} has no running `up`", located.file.system))
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
    .map_err(|error| CommandError::new(ExitStatus::Usage, error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let mut settings = DrillSettings::new(OWN_PROGRAM);
    settings.arguments = arguments(&located.layout.state().join("system.json"));
    settings.database.clone_from(&drill.database);
    settings.load = load;
    settings.finish = if drill.stay {
        Finish::Stay
    } else {
        Finish::ReturnHome
    };
    let mut all = Vec::new();
    for scenario in &drill.scenarios {
        all.extend(repeat(&runtime, drill, &settings, *scenario, format)?);
    }
    if format == Format::Json {
        match all.as_slice() {
            [one] => print::json(one)?,
            several => print::json(&serde_json::json!({ "version": 1, "reports": several }))?,
        }
    }
    let kept = all.iter().all(|report| report.kept);
    Ok(if kept {
        ExitStatus::Success
    } else {
        ExitStatus::No
    })
}

/// Carries one scenario out as often as was asked for.
fn repeat(
    runtime: &Runtime,
    drill: &Drill,
    settings: &DrillSettings,
    scenario: Scenario,
    format: Format,
) -> Result<Vec<DrillReport>, CommandError> {
    if let Expectation::Missed { reason } = scenario.expectation() {
        let known = format!("{scenario} is known to miss its promise in this version: {reason}");
        talk(format, &known);
    }
    let mut reports = Vec::new();
    for run in 1..=drill.runs {
        if drill.runs > 1 {
            talk(format, &format!("{scenario}: run {run} of {}", drill.runs));
        }
        let tell = |progress: Milestone| talk(format, &progress.to_string());
        let report = runtime
            .block_on(standfast_drill::run(settings.clone(), scenario, tell))
            .map_err(|error| CommandError::new(ExitStatus::Failure, error))?;
        if let Some(folder) = &drill.report {
            save(folder, &report, scenario, run)?;
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
    Ok(reports)
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

fn save(
    folder: &Path,
    report: &DrillReport,
    scenario: Scenario,
    run: u32,
) -> Result<(), CommandError> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(format!("{scenario}-{run}.json"));
    std::fs::write(&path, serde_json::to_vec_pretty(report)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    print::say(&format!("report written to {}", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        drill: Drill,
    }

    fn refused(words: &[&str]) -> String {
        Line::try_parse_from(words).unwrap_err().to_string()
    }

    #[test]
    fn every_scenario_is_understood_by_its_name_and_explained_by_help() {
        let help = refused(&["drill", "--help"]);
        for scenario in Scenario::ALL {
            let line = Line::try_parse_from(["drill", scenario.name()]).unwrap();
            assert_eq!(line.drill.scenarios, [*scenario]);
            assert!(help.contains(scenario.name()), "{help}");
        }
    }

    #[test]
    fn an_unknown_scenario_is_refused_with_the_list_and_the_one_that_was_meant() {
        let refusal = refused(&["drill", "freese"]);
        assert!(refusal.contains("did you mean `freeze`?"), "{refusal}");
        for scenario in Scenario::ALL {
            assert!(refusal.contains(scenario.name()), "{refusal}");
        }
    }

    #[test]
    fn a_scenario_or_the_list_is_asked_for_and_not_both() {
        assert!(Line::try_parse_from(["drill", "--list"]).is_ok());
        assert!(refused(&["drill"]).contains("SCENARIO"));
        assert!(refused(&["drill", "--list", "freeze"]).contains("--list"));
    }

    #[test]
    fn programs_are_told_what_is_benchmarked_and_what_is_missed() {
        for scenario in Scenario::ALL {
            let described = described(*scenario);
            assert_eq!(described["name"], scenario.name());
            let benchmarked = described["benchmark_runs"].as_u64().unwrap() > 0;
            assert_eq!(benchmarked, described["missed_because"].is_null());
        }
    }
}
