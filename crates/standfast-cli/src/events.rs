//! `standfast events`: the journal, oldest first, and the loss ledger.

use std::path::Path;

use serde_json::json;
use standfast_coordination::Store;
use standfast_record::{Event, Loss, key};
use standfast_units::WallTime;

use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::print::{self, Format};
use crate::{runtime, system};

/// Runs the command; shows the newest `count` entries.
pub(crate) fn run(
    file: Option<&Path>,
    count: usize,
    losses: bool,
    format: Format,
) -> CommandResult {
    let located = system::locate(file, format)?;
    let (events, ledger) = runtime::start()?.block_on(async {
        let store = located.store();
        let unanswered = |error| {
            CommandError::new(
                ExitStatus::NotRunning,
                anyhow::Error::new(error).context("the store does not answer"),
            )
        };
        let journal = store
            .range(&key::events(&located.file.system))
            .await
            .map_err(unanswered)?;
        let events: Vec<Event> = journal
            .entries
            .values()
            .filter_map(|entry| entry.record().ok())
            .collect();
        let mut ledger: Vec<Loss> = Vec::new();
        for database in located.file.databases.keys() {
            let prefix = key::losses(&located.file.system, database);
            let entries = store.range(&prefix).await.map_err(unanswered)?.entries;
            ledger.extend(
                entries
                    .values()
                    .filter_map(|entry| entry.record::<Loss>().ok()),
            );
        }
        Ok::<_, CommandError>((events, ledger))
    })?;
    let newest = &events[events.len().saturating_sub(count)..];
    match format {
        Format::Json => print::json(&json!({ "version": 1, "events": newest, "losses": ledger }))?,
        Format::Human if losses => print::data(&render_losses(&ledger)),
        Format::Human => print::data(&newest.iter().map(render).collect::<String>()),
    }
    Ok(ExitStatus::Success)
}

fn render(event: &Event) -> String {
    let epoch = event
        .epoch
        .map(|epoch| format!(" (epoch {epoch})"))
        .unwrap_or_default();
    format!(
        "{}  {:<30} {}{epoch}: {}\n",
        time(event.at),
        event.by,
        event.what,
        event.detail
    )
}

fn render_losses(ledger: &[Loss]) -> String {
    use std::fmt::Write as _;
    if ledger.is_empty() {
        return "nothing was ever lost\n".to_owned();
    }
    let mut text = String::new();
    for loss in ledger {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}  {} had {} transactions ({}) past {} that epoch {} has not; kept in {}",
            time(loss.recorded_at),
            loss.node,
            loss.transactions,
            loss.surplus,
            loss.fork.position,
            loss.epoch,
            loss.kept_in.as_deref().unwrap_or("-"),
        );
        for commit in &loss.commits {
            let _ = writeln!(
                text,
                "    transaction {} at {} committed {}",
                commit.transaction, commit.position, commit.committed_at
            );
        }
    }
    text
}

/// The time in UTC, as RFC 3339 writes it.
pub(crate) fn time(at: WallTime) -> String {
    i64::try_from(at.as_unix_ms())
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| at.as_unix_ms().to_string(), |time| format!("{time:.3}"))
}
