//! What an operator asks for: switchover, failover, pause, resume. The request is a record in the
//! store; the cores answer it, and this command waits and tells.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use standfast_clock as clock;
use standfast_coordination::{Mirror, Store};
use standfast_record::{
    Durability, Ids, Pause, Request, RequestKind, RequestState, Transaction, key,
};
use standfast_units::{Database, Region, WallTime};

use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::print::{self, Format};
use crate::system::Located;
use crate::{runtime, system};

/// How long the command waits for the end. The cores go on after it has given up.
const WAIT: Duration = Duration::from_secs(90);

/// How long a core may take to begin before the command tells where to look.
const BEGIN_WAIT: Duration = Duration::from_secs(5);

/// How often the command looks at the clock while nothing happens in the store.
const LOOK_EVERY: Duration = Duration::from_millis(200);

// The command says where to look long before it gives up, and looks often enough to say either in time.
const _: () = assert!(LOOK_EVERY.as_millis() * 10 <= BEGIN_WAIT.as_millis());
const _: () = assert!(BEGIN_WAIT.as_millis() * 2 <= WAIT.as_millis());

/// A change of primary that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct PrimaryChange {
    pub(crate) to: Region,
    pub(crate) database: Option<Database>,
    pub(crate) failover: bool,
    pub(crate) accept_loss: Option<Duration>,
}

fn asked_by() -> String {
    let user = std::env::var("SUDO_USER")
        .or_else(|_| std::env::var("USER"))
        .unwrap_or_default();
    let user = if user.is_empty() {
        format!("uid {}", rustix::process::getuid().as_raw())
    } else {
        user
    };
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    format!("{user}@{}", host.trim())
}

fn running(located: &Located) -> Result<(), CommandError> {
    let runs = located
        .up
        .as_ref()
        .is_some_and(|up| !up.running_processes().is_empty());
    if runs {
        return Ok(());
    }
    Err(
        CommandError::not_running(format!("{} is down", located.file.system))
            .hint("bring it up: `standfast up`"),
    )
}

fn the_database(located: &Located, wanted: Option<&Database>) -> Result<Database, CommandError> {
    let databases = &located.file.databases;
    let found = match wanted {
        Some(name) => databases.contains_key(name).then_some(name),
        None if databases.len() == 1 => databases.keys().next(),
        None => None,
    };
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = databases.keys().map(Database::as_str).collect();
        CommandError::new(
            ExitStatus::Usage,
            anyhow::Error::msg(format!("which database? there are: {}", names.join(", "))),
        )
        .hint("name it: `--database NAME`")
    })
}

/// Runs `switchover` or `failover`.
pub(crate) fn change(file: Option<&Path>, change: &PrimaryChange, format: Format) -> CommandResult {
    let located = system::locate(file, format)?;
    running(&located)?;
    let database = the_database(&located, change.database.as_ref())?;
    let holds_data = located.file.databases[&database]
        .nodes
        .values()
        .any(|node| node.region == change.to);
    if !holds_data {
        return Err(CommandError::refused(format!(
            "{} has no node of database {database}",
            change.to
        ))
        .hint(format!(
            "regions that have one: {}",
            located.file.databases[&database]
                .nodes
                .values()
                .map(|node| node.region.as_str())
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    runtime::start()?.block_on(ask(&located, &database, change, format))
}

async fn ask(
    located: &Located,
    database: &Database,
    change: &PrimaryChange,
    format: Format,
) -> CommandResult {
    let begun_at = clock::now();
    let request = file(located, database, change).await?;
    let state = tokio::select! {
        state = wait(located, database, &request, format) => state?,
        _ = tokio::signal::ctrl_c() => RequestState::Open,
    };
    let took = clock::now().since(begun_at);
    match state {
        RequestState::Done { epoch } => {
            match format {
                Format::Json => print::json(&json!({
                    "version": 1, "database": database, "to": change.to, "epoch": epoch,
                    "took_ms": crate::files::millis(took), "done": true,
                }))?,
                Format::Human => print::data(&format!(
                    "{database} is written in {} since epoch {epoch}, after {} ms",
                    change.to,
                    took.as_millis()
                )),
            }
            Ok(ExitStatus::Success)
        }
        RequestState::Refused { reason } => Err(CommandError::refused(reason)),
        RequestState::Open | RequestState::Begun => {
            if withdraw(located, database, &request).await? {
                return Err(unfinished(located, database, took).await?);
            }
            Err(CommandError::refused(
                "the change is still under way; nobody waits for it any more",
            )
            .hint("see how it goes: `standfast status`, `standfast events`"))
        }
    }
}

/// Writes the request down, unless another one is under way.
async fn file(
    located: &Located,
    database: &Database,
    change: &PrimaryChange,
) -> Result<Request, CommandError> {
    let store = located.store();
    let request_key = key::request(&located.file.system, database);
    let former = store.get(&request_key).await.map_err(unanswered)?.entry;
    let asked_at = clock::wall();
    if let Some(open) = former
        .as_ref()
        .and_then(|entry| entry.record::<Request>().ok())
        && matches!(open.state, RequestState::Begun)
        && asked_at
            .as_unix_ms()
            .saturating_sub(open.asked_at.as_unix_ms())
            < crate::files::millis(WAIT)
    {
        return Err(CommandError::refused(format!(
            "a change asked by {} is under way",
            open.asked_by
        ))
        .hint("see how it goes: `standfast status`, `standfast events`"));
    }
    let to = change.to.clone();
    let request = Request {
        id: Ids::new(rand::random()).next(asked_at),
        kind: if change.failover {
            let accept_loss = change.accept_loss;
            RequestKind::Failover { to, accept_loss }
        } else {
            RequestKind::Switchover { to }
        },
        asked_by: asked_by(),
        asked_at,
        expires_at: WallTime::from_unix_ms(
            asked_at
                .as_unix_ms()
                .saturating_add(crate::files::millis(WAIT)),
        ),
        state: RequestState::Open,
    };
    let revision = former.map(|entry| entry.modified).unwrap_or_default();
    let transaction = Transaction::new()
        .if_modified_at(&request_key, revision)
        .put_record(&request_key, &request, Durability::Durable)?;
    if store
        .transact(transaction)
        .await
        .map_err(unanswered)?
        .succeeded
    {
        Ok(request)
    } else {
        Err(CommandError::refused(
            "somebody else has just asked for a change",
        ))
    }
}

/// Says what every node waits for.
async fn unfinished(
    located: &Located,
    database: &Database,
    took: Duration,
) -> Result<CommandError, CommandError> {
    let mut failure = CommandError::refused(format!(
        "no change of primary happened within {} s; the request was withdrawn",
        took.as_secs()
    ));
    let status = crate::status::read(located).await?;
    let ours = status
        .databases
        .iter()
        .filter(|each| each.name == *database);
    for node in ours.flat_map(|each| &each.nodes) {
        for hold in &node.holds {
            failure = failure.hint(format!("{}: {hold}", node.node));
        }
    }
    Ok(failure.hint("watch it: `standfast status --watch`"))
}

/// A request that no core has acted on does not stay open: a change that comes late would surprise the
/// operator who asked for it. Whether it could be taken back.
async fn withdraw(
    located: &Located,
    database: &Database,
    request: &Request,
) -> Result<bool, CommandError> {
    let request_key = key::request(&located.file.system, database);
    let store = located.store();
    let Some(entry) = store.get(&request_key).await.map_err(unanswered)?.entry else {
        return Ok(true);
    };
    let open: Request = entry.record()?;
    if open.id != request.id || open.state != RequestState::Open {
        return Ok(false);
    }
    let transaction = Transaction::new()
        .if_modified_at(&request_key, entry.modified)
        .delete(&request_key);
    let done = store.transact(transaction).await.map_err(unanswered)?;
    Ok(done.succeeded)
}

async fn wait(
    located: &Located,
    database: &Database,
    request: &Request,
    format: Format,
) -> Result<RequestState, CommandError> {
    let request_key = key::request(&located.file.system, database);
    let mut mirror = Mirror::start(located.store(), request_key.clone());
    let started_at = clock::now();
    let mut begun = false;
    let mut explained = false;
    loop {
        let view = mirror.view();
        if let Ok(Some((seen, _))) = view.get::<Request>(&request_key) {
            if seen.id != request.id {
                return Ok(RequestState::Refused {
                    reason: "another request has taken the place of this one".to_owned(),
                });
            }
            match seen.state {
                RequestState::Open => {}
                RequestState::Begun if begun => {}
                RequestState::Begun => {
                    begun = true;
                    if format == Format::Human {
                        print::say("begun");
                    }
                }
                RequestState::Done { .. } | RequestState::Refused { .. } => return Ok(seen.state),
            }
        }
        let waited = clock::now().since(started_at);
        if waited > WAIT {
            return Ok(RequestState::Open);
        }
        if waited > BEGIN_WAIT && !begun && !explained && format == Format::Human {
            explained = true;
            print::say("nobody has begun yet; `standfast status` says what is waited for");
        }
        tokio::select! {
            _ = mirror.changed() => {}
            () = clock::pause(LOOK_EVERY) => {}
        }
    }
}

fn unanswered(error: standfast_coordination::Error) -> CommandError {
    CommandError::new(
        ExitStatus::NotRunning,
        anyhow::Error::new(error).context("the store does not answer"),
    )
    .hint("see which processes run: `standfast status`")
}

/// Runs `pause`.
pub(crate) fn pause(file: Option<&Path>, reason: Option<String>, format: Format) -> CommandResult {
    let located = system::locate(file, format)?;
    let record = Pause {
        asked_by: asked_by(),
        asked_at: clock::wall(),
        reason,
    };
    let key = key::pause(&located.file.system);
    let put = Transaction::new().put_record(&key, &record, Durability::Durable)?;
    change_pause(&located, put)?;
    match format {
        Format::Json => print::json(&json!({ "version": 1, "paused": true }))?,
        Format::Human => print::data("paused: nobody takes over until `standfast resume`"),
    }
    Ok(ExitStatus::Success)
}

/// Runs `resume`.
pub(crate) fn resume(file: Option<&Path>, format: Format) -> CommandResult {
    let located = system::locate(file, format)?;
    change_pause(
        &located,
        Transaction::new().delete(key::pause(&located.file.system)),
    )?;
    match format {
        Format::Json => print::json(&json!({ "version": 1, "paused": false }))?,
        Format::Human => print::data("decisions go on"),
    }
    Ok(ExitStatus::Success)
}

fn change_pause(located: &Located, transaction: Transaction) -> Result<(), CommandError> {
    running(located)?;
    runtime::start()?.block_on(async {
        located
            .store()
            .transact(transaction)
            .await
            .map_err(unanswered)?;
        Ok(())
    })
}
