//! One drill from beginning to end: wait until the system is well, load it, break it, see another
//! region take over, heal it, see the former primary follow, compare, judge, and return home.
//!
//! Every wait is for a state and has a bound. A bound that runs out before the fault is an error; after
//! it, a finding: the drill goes on to the end and reports what it saw.

use std::time::Duration;

use standfast_units::{Database, Timestamp};
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::{self, ClockPair};
use crate::defaults;
use crate::error::Error;
use crate::history::Path;
use crate::load::WriteLoad;
use crate::product::Product;
use crate::report::DrillReport;
use crate::rows::DrillTable;
use crate::scenario::Scenario;
use crate::session::describe;
use crate::settings::DrillSettings;

use account::Account;
use before::Before;
use strike::{Outlast, strike};

mod account;
mod aftermath;
mod before;
mod milestone;
mod strike;

pub use milestone::Milestone;

/// How many acknowledgements each path must bring before the fault.
const ACKNOWLEDGED_MIN: u64 = 10;

/// How long dropping the table may take after a drill that failed.
const SWEEP_WITHIN: Duration = Duration::from_secs(5);

/// Carries out one drill. Ends early, with everything it holds down or stopped let go, when the process
/// is interrupted (SIGINT, SIGTERM, SIGHUP) or the future is dropped.
///
/// # Errors
/// When the system cannot be asked, is not well to begin with, or cannot be broken as asked. A promise
/// that is missed is no error: see [`DrillReport::kept`].
pub async fn run(
    settings: DrillSettings,
    scenario: Scenario,
    mut progress: impl FnMut(Milestone),
) -> Result<DrillReport, Error> {
    let product = Product::new(&settings);
    let mut leftover = None;
    let result = {
        let drill = carry_out(&product, &settings, scenario, &mut progress, &mut leftover);
        tokio::select! {
            result = drill => result,
            () = interrupted() => Err(Error::Interrupted),
        }
    };
    if result.is_err()
        && let Some(table) = leftover
    {
        sweep(&product, settings.database.as_ref(), &table).await;
    }
    result
}

/// Drops the table where a writer can be found at once; a drill that failed has told why already.
async fn sweep(product: &Product, database: Option<&Database>, table: &DrillTable) {
    let swept = async {
        let status = product.status().await?;
        if let Some(writer) = &status.database(database)?.writer {
            table.drop(writer.socket()?).await?;
        }
        Ok::<(), Error>(())
    };
    match clock::bounded(SWEEP_WITHIN, swept).await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::warn!(error = describe(&error), "drill table is left behind"),
        None => tracing::warn!("drill table is left behind"),
    }
}

async fn interrupted() {
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            // Without a handler the signal ends the process, as it would have anyway.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}

async fn carry_out(
    product: &Product,
    settings: &DrillSettings,
    scenario: Scenario,
    progress: &mut impl FnMut(Milestone),
    leftover: &mut Option<DrillTable>,
) -> Result<DrillReport, Error> {
    progress(Milestone::Waiting);
    let before = Before::wait_for(product, settings, scenario).await?;
    let table = DrillTable::new(&identifier(), before.credentials()?);
    let target = before.target(scenario)?;
    *leftover = Some(table.clone());
    table.create(before.primary_address).await?;
    progress(Milestone::Loading);
    let load = WriteLoad::start(settings.load, &table, &target);
    steady(&load, settings).await?;

    let strike = strike(product, &before, scenario, &load, progress).await?;
    let outlast = Outlast::new(settings, scenario, &before, &strike, &load);
    let overcome_at = outlast.overcome().await;
    progress(match overcome_at {
        Some(at) => Milestone::Overcome {
            scenario,
            after: at.since(strike.struck.at),
        },
        None => Milestone::NotOvercome { scenario },
    });
    let clock = strike.clock;
    let struck = strike.struck;
    let healed_at = strike.wound.heal()?;
    progress(Milestone::LetGo { scenario });

    let former = aftermath::FormerPrimary {
        product,
        database: settings.database.as_ref(),
        before: &before,
    };
    let within = settings.patience.rejoin;
    let came_back = former.wait(scenario, overcome_at, within).await;
    if let Ok(came_back) = &came_back {
        progress(came_back.milestone(healed_at));
    }
    // Clients that the fault has shut out to its end are given time to be served again.
    let patience = match overcome_at {
        Some(_) => defaults::POLL_EVERY,
        None => settings.patience.takeover,
    };
    serve_on(&load, healed_at, patience).await;
    let harvest = load.stop().await?;

    progress(Milestone::Comparing);
    let seen = aftermath::compare(&former, &table, &clock, came_back).await?;
    let way_home = aftermath::WayHome {
        product,
        settings,
        before: &before,
        table: &table,
        clock: &clock,
    };
    let returned = way_home.go(&seen, progress).await;
    way_home.drop_table().await?;
    *leftover = None;
    let journal = product.events().await.unwrap_or_default();
    let account = Account {
        settings,
        scenario,
        before: &before,
        clock,
        struck,
        overcome_at,
        healed_at,
        harvest,
        seen,
        returned,
        journal,
    };
    let report = account.report();
    progress(Milestone::Done { kept: report.kept });
    Ok(report)
}

/// What no other drill's table is called.
fn identifier() -> String {
    let at = ClockPair::take().wall(clock::now()).as_unix_ms();
    format!("{at:x}{:x}", std::process::id())
}

/// Waits until every path brings acknowledgements and the load has gone on for a while.
async fn steady(load: &WriteLoad, settings: &DrillSettings) -> Result<(), Error> {
    let started_at = clock::now();
    let waiting = clock::poll(defaults::POLL_EVERY, settings.patience.ready, async || {
        let enough = load
            .tally()
            .acknowledged
            .iter()
            .all(|count| *count >= ACKNOWLEDGED_MIN);
        let long = clock::now().since(started_at) >= defaults::LOAD_BEFORE;
        (enough && long).then_some(())
    });
    if waiting.await.is_some() {
        return Ok(());
    }
    let counts = Path::ALL.iter().zip(load.tally().acknowledged);
    let lacking: Vec<_> = counts
        .map(|(path, count)| format!("{path} {count}"))
        .collect();
    Err(Error::LoadRefused {
        waited: settings.patience.ready,
        lacking: lacking.join(", "),
    })
}

/// Waits until the load has gone on for a while after the fault, or for `patience` beyond that.
async fn serve_on(load: &WriteLoad, healed_at: Timestamp, patience: Duration) {
    let until = healed_at.after(defaults::LOAD_HEALED);
    let within = until.since(clock::now()) + patience;
    clock::poll(defaults::POLL_EVERY, within, async || {
        let served = load.tally().last_at.is_some_and(|at| at >= until);
        served.then_some(())
    })
    .await;
}
