//! What an operator asks for: switchover, failover, pause, resume. The request is a record in the
//! store; the cores answer it, and this command waits and tells.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use standfast_coordination::record::{Pause, Request, RequestKind, RequestState, new_event_id};
use standfast_coordination::{Durability, Mirror, Store, Transaction, key};
use standfast_units::{Database, Region};

use crate::exit::{Exit, Failure, Outcome};
use crate::print::{self, Format};
use crate::system::Located;
use crate::{clock, daemon, system};

/// How long the command waits for the end. The cores go on after it has given up.
const WAIT: Duration = Duration::from_secs(90);

/// How long nobody may have begun before the command tells why.
const BEGIN_WAIT: Duration = Duration::from_secs(5);

/// A change of primary that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Change {
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

fn running(located: &Located) -> Result<(), Failure> {
    let runs = located
        .up
        .as_ref()
        .is_some_and(|up| !up.running_processes().is_empty());
    if runs {
        return Ok(());
    }
    Err(
        Failure::not_running(format!("{} is down", located.file.system))
            .hint("bring it up: `standfast up`"),
    )
}

fn the_database(located: &Located, wanted: Option<&Database>) -> Result<Database, Failure> {
    let databases = &located.file.databases;
    match wanted {
        Some(name) if databases.contains_key(name) => Ok(name.clone()),
        None if databases.len() == 1 => Ok(databases
            .keys()
            .next()
            .cloned()
            .unwrap_or_else(|| unreachable_database())),
        Some(_) | None => {
            let names: Vec<&str> = databases.keys().map(Database::as_str).collect();
            Err(Failure::new(
                Exit::Usage,
                anyhow::Error::msg(format!("which database? there are: {}", names.join(", "))),
            )
            .hint("name it: `--database NAME`"))
        }
    }
}

#[expect(clippy::expect_used, reason = "called for a map that has one key")]
fn unreachable_database() -> Database {
    Database::new("unknown").expect("a constant name is valid")
}

/// Runs `switchover` or `failover`.
pub(crate) fn change(file: Option<&Path>, change: &Change, format: Format) -> Outcome {
    let located = system::locate(file, format)?;
    running(&located)?;
    let database = the_database(&located, change.database.as_ref())?;
    let holds_data = located.file.databases[&database]
        .nodes
        .values()
        .any(|node| node.region == change.to);
    if !holds_data {
        return Err(
            Failure::refused(format!("{} has no node of database {database}", change.to)).hint(
                format!(
                    "regions that have one: {}",
                    located.file.databases[&database]
                        .nodes
                        .values()
                        .map(|node| node.region.as_str())
                        .collect::<std::collections::BTreeSet<_>>()
                        .into_iter()
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            ),
        );
    }
    daemon::runtime()?.block_on(ask(&located, &database, change, format))
}

async fn ask(located: &Located, database: &Database, change: &Change, format: Format) -> Outcome {
    let system = &located.file.system;
    let store = located.store();
    let request_key = key::request(system, database);
    let former = store.get(&request_key).await.map_err(unanswered)?;
    let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
    let asked_at = clock::wall();
    let request = Request {
        id: new_event_id(asked_at, high ^ low),
        kind: if change.failover {
            RequestKind::Failover {
                to: change.to.clone(),
                accept_loss_ms: change.accept_loss.map(crate::files::millis),
            }
        } else {
            RequestKind::Switchover {
                to: change.to.clone(),
            }
        },
        asked_by: asked_by(),
        asked_at,
        state: RequestState::Open,
    };
    if let Some(entry) = &former.entry
        && let Ok(open) = entry.record::<Request>()
        && matches!(open.state, RequestState::Begun)
        && clock::wall()
            .as_unix_ms()
            .saturating_sub(open.asked_at.as_unix_ms())
            < crate::files::millis(WAIT)
    {
        return Err(
            Failure::refused(format!("a change asked by {} is under way", open.asked_by))
                .hint("see how it goes: `standfast status`, `standfast events`"),
        );
    }
    let revision = former.entry.map(|entry| entry.modified).unwrap_or_default();
    let transaction = Transaction::new()
        .if_modified_at(&request_key, revision)
        .put_record(&request_key, &request, Durability::Durable)?;
    if !store
        .transact(transaction)
        .await
        .map_err(unanswered)?
        .succeeded
    {
        return Err(Failure::refused(
            "somebody else has just asked for a change",
        ));
    }
    let begun_at = clock::now();
    let state = wait(located, database, &request, format).await?;
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
            Ok(Exit::Success)
        }
        RequestState::Refused { reason } => Err(Failure::refused(reason)),
        RequestState::Open | RequestState::Begun => {
            withdraw(located, database, &request).await;
            let status = crate::status::read(located).await?;
            let holds: Vec<String> = status
                .databases
                .iter()
                .filter(|each| each.name == *database)
                .flat_map(|each| each.nodes.iter())
                .flat_map(|node| {
                    node.holds
                        .iter()
                        .map(|hold| format!("{}: {hold}", node.node))
                })
                .collect();
            let mut failure = Failure::refused(format!(
                "no change of primary happened within {} s; the request was withdrawn",
                took.as_secs()
            ));
            for hold in holds {
                failure = failure.hint(hold);
            }
            Err(failure.hint("watch it: `standfast status --watch`"))
        }
    }
}

/// A request that nobody could act on does not stay open: it would surprise somebody later.
async fn withdraw(located: &Located, database: &Database, request: &Request) {
    let request_key = key::request(&located.file.system, database);
    let store = located.store();
    if let Ok(read) = store.get(&request_key).await
        && let Some(entry) = read.entry
        && entry
            .record::<Request>()
            .is_ok_and(|open| open.id == request.id)
    {
        let transaction = Transaction::new()
            .if_modified_at(&request_key, entry.modified)
            .delete(&request_key);
        if let Err(error) = store.transact(transaction).await {
            print::say(&format!("the request could not be withdrawn: {error}"));
        }
    }
}

async fn wait(
    located: &Located,
    database: &Database,
    request: &Request,
    format: Format,
) -> Result<RequestState, Failure> {
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
            () = clock::pause(Duration::from_millis(200)) => {}
        }
    }
}

fn unanswered(error: standfast_coordination::Error) -> Failure {
    Failure::new(
        Exit::NotRunning,
        anyhow::Error::new(error).context("the store does not answer"),
    )
    .hint("see which processes run: `standfast status`")
}

/// Runs `pause` or `resume`.
pub(crate) fn pause(file: Option<&Path>, pause: Option<Option<String>>, format: Format) -> Outcome {
    let located = system::locate(file, format)?;
    running(&located)?;
    let key = key::pause(&located.file.system);
    let (transaction, text) = match pause {
        Some(reason) => {
            let record = Pause {
                asked_by: asked_by(),
                asked_at: clock::wall(),
                reason,
            };
            let put = Transaction::new().put_record(&key, &record, Durability::Durable)?;
            (put, "paused: nobody takes over until `standfast resume`")
        }
        None => (Transaction::new().delete(&key), "decisions go on"),
    };
    daemon::runtime()?.block_on(async {
        located
            .store()
            .transact(transaction)
            .await
            .map_err(unanswered)?;
        Ok::<(), Failure>(())
    })?;
    match format {
        Format::Json => {
            print::json(&json!({ "version": 1, "paused": text.starts_with("paused") }))?
        }
        Format::Human => print::data(text),
    }
    Ok(Exit::Success)
}
