//! Promotion onto a reserved timeline (P11), asked for until it has happened (P12).

use std::path::Path;
use std::time::Duration;

use standfast_replication::{Error, Promotion, ServerObservation};
use standfast_units::{Lsn, Timeline};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_postgres::error::SqlState;

use crate::defaults::{POLL_EVERY, PROMOTE_AGAIN_EVERY, STATEMENT_WITHIN};
use crate::files;
use crate::history::{self, HistoryFile};
use crate::observation;
use crate::session::{Login, SqlSession, sql_state};
use crate::settings::Settings;

/// Promotes the running standby onto exactly `timeline`. A server that already writes on it was
/// promoted by an earlier attempt whose answer was lost.
pub(crate) async fn promote(
    settings: &Settings,
    timeline: Timeline,
    within: Duration,
) -> Result<Promotion, Error> {
    let promoting = async {
        let session = Login::own(settings, "postgres").connect().await?;
        if let ServerObservation::Standby {
            timeline: from,
            received,
            ..
        } = observation::observe_over(&session).await?
        {
            let data = settings.data.clone();
            files::blocking(move || {
                refuse_impossible(&data, from, received)?;
                history::reserve(&data, from, timeline)
            })
            .await?;
            leave_recovery(&session).await?;
        }
        let now = observation::observe_over(&session).await?;
        if !matches!(now, ServerObservation::Primary { timeline: on, .. } if on == timeline) {
            return Err(Error::Contradiction {
                what: format!(
                    "the server was to write on the reserved timeline {timeline}, but is {now:?}"
                ),
            });
        }
        let data = settings.data.clone();
        let (parent, fork) = files::blocking(move || history::origin(&data, timeline)).await?;
        Ok(Promotion {
            parent,
            timeline,
            fork,
        })
    };
    timeout(within, promoting).await.unwrap_or(Err(Error::Late {
        what: "the promotion",
        within,
    }))
}

/// Asks for the promotion, and again while it has not happened: a request can be lost to a startup
/// process that is just then waiting for its upstream (P12).
async fn leave_recovery(session: &SqlSession) -> Result<(), Error> {
    let mut ask = interval(PROMOTE_AGAIN_EVERY);
    let mut poll = interval(POLL_EVERY);
    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ask.tick() => {
                // Waiting for it inside the server would poll every 100 ms.
                let asked = session
                    .query("promote", "SELECT pg_promote(false)", &[], STATEMENT_WITHIN)
                    .await;
                match asked {
                    Ok(_) => {}
                    // "recovery is not in progress": it has just happened.
                    Err(error)
                        if sql_state(&error)
                            == Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE) => {}
                    Err(error) => return Err(error),
                }
            }
            _ = poll.tick() => {
                if !is_recovering(session).await? {
                    return Ok(());
                }
            }
        }
    }
}

async fn is_recovering(session: &SqlSession) -> Result<bool, Error> {
    let what = "say whether it recovers";
    session
        .query_one(what, "SELECT pg_is_in_recovery()", &[], STATEMENT_WITHIN)
        .await?
        .try_get(0)
        .map_err(|source| session.failed(what, source))
}

/// Refuses a promotion whose history would not hold together.
fn refuse_impossible(data: &Path, from: Timeline, received: Lsn) -> Result<(), Error> {
    for (newer, file) in history::read_all(data)? {
        // The server may already aim for it, and would name it as the parent although it never got
        // to where it begins.
        if newer > from
            && let HistoryFile::Real(history) = file
            && history.left_at(from).is_some_and(|fork| received < fork)
        {
            return Err(Error::Contradiction {
                what: format!(
                    "the standby knows timeline {newer} but has received only {received} of \
                     timeline {from}, which ends later"
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A standby that knows of a fork it has not reached would write a history in which a later timeline
    /// begins before an earlier one.
    #[test]
    fn a_standby_short_of_a_fork_that_it_knows_of_is_not_promoted() {
        let data = tempfile::tempdir().unwrap();
        let log = history::log_folder(data.path());
        std::fs::create_dir(&log).unwrap();
        std::fs::write(log.join("00000003.history"), "1\t0/3000110\tno reason\n").unwrap();
        let check =
            |received: u64| refuse_impossible(data.path(), Timeline::FIRST, Lsn::new(received));
        check(0x300_0108).unwrap_err();
        check(0x300_0110).unwrap();
        let onto_it = Timeline::new(3).unwrap();
        refuse_impossible(data.path(), onto_it, Lsn::ZERO).unwrap();
    }
}
