//! The fault, and the time it lasts.

use std::time::Duration;

use standfast_units::{Timeline, Timestamp};

use super::before::Before;
use super::milestone::Milestone;
use crate::clock::{self, ClockPair};
use crate::defaults;
use crate::error::Error;
use crate::fault::{self, Frozen, Starved, Struck, Victims};
use crate::hold::Hold;
use crate::load::WriteLoad;
use crate::product::Product;
use crate::scenario::Scenario;
use crate::scenario::script::{Aim, Blow, LetGo, RecoverySign, Restarts, Script};
use crate::settings::DrillSettings;
use crate::status::PublishedStatus;

/// What keeps a region broken. Fields are dropped in this order: processes continue before the
/// supervisor may restart any.
pub(super) struct Wound {
    grip: Grip,
    hold: Option<Hold>,
}

/// What is done to the processes for as long as it is there.
enum Grip {
    /// Nothing: there are none any more, or they were left alone.
    Nothing,
    /// They stand still.
    Frozen(Frozen),
    /// They run for a part of the time.
    Starved(Starved),
}

impl Wound {
    /// Lets go of everything, and tells when.
    pub(super) fn heal(self) -> Result<Timestamp, Error> {
        let at = match self.grip {
            Grip::Frozen(frozen) => frozen.thaw()?,
            Grip::Starved(starved) => starved.relent()?,
            Grip::Nothing => clock::now(),
        };
        drop(self.hold);
        Ok(at)
    }
}

/// A fault that has been done.
pub(super) struct Strike {
    pub(super) struck: Struck,
    pub(super) clock: ClockPair,
    pub(super) wound: Wound,
    /// The timeline that clients were acknowledged for before it.
    timeline: Option<Timeline>,
}

pub(super) async fn strike(
    product: &Product,
    before: &Before,
    scenario: Scenario,
    load: &WriteLoad,
    progress: &mut impl FnMut(Milestone),
) -> Result<Strike, Error> {
    // The processes as they are now; the load has been running for a while.
    let status = product.status().await?;
    let clock = ClockPair::take();
    let timeline = load.tally().newest.map(|(timeline, _)| timeline);
    progress(Milestone::Striking {
        scenario,
        region: before.region.clone(),
    });
    let aim = |reach| {
        serves_still(before, &status, load)?;
        match reach {
            Aim::Region => Ok(Victims::of(&status, &before.region, &clock)),
            Aim::DatabaseServer => {
                Victims::server_of(&status, &before.region, &before.primary, &clock)
            }
        }
    };
    let (struck, grip, hold) = match scenario.script().blow {
        Blow::Switchover => {
            let at = clock::now();
            product.switchover(&before.other).await?;
            let struck = Struck {
                at,
                done_at: clock::now(),
                processes: 0,
            };
            let hold = hold_down(before, scenario)?;
            (struck, Grip::Nothing, hold)
        }
        Blow::Kill(reach) => {
            let victims = aim(reach)?;
            let hold = hold_down(before, scenario)?;
            let struck = aside(move || fault::kill(&victims)).await?;
            (struck, Grip::Nothing, hold)
        }
        Blow::Stop(reach) => {
            let victims = aim(reach)?;
            let hold = hold_down(before, scenario)?;
            let frozen = aside(move || fault::freeze(&victims)).await?;
            let struck = frozen.struck;
            (struck, Grip::Frozen(frozen), hold)
        }
        Blow::Starve(reach) => {
            let victims = aim(reach)?;
            let hold = hold_down(before, scenario)?;
            let starved = aside(move || fault::starve(victims)).await?;
            let struck = starved.struck;
            (struck, Grip::Starved(starved), hold)
        }
    };
    Ok(Strike {
        struck,
        clock,
        wound: Wound { grip, hold },
        timeline,
    })
}

/// The processes to be struck are those of the primary that the load was meant for.
fn serves_still(before: &Before, status: &PublishedStatus, load: &WriteLoad) -> Result<(), Error> {
    let primary = status.database(Some(&before.database))?.primary();
    let same = primary.is_some_and(|primary| primary.node == before.primary);
    if same && load.tally().last_at.is_some() {
        return Ok(());
    }
    Err(Error::NotReady {
        waited: Duration::ZERO,
        lacking: format!("{} is no longer the primary", before.primary),
    })
}

/// Keeps the supervisor from starting what is missing, where the scenario wants that.
fn hold_down(before: &Before, scenario: Scenario) -> Result<Option<Hold>, Error> {
    match scenario.script().restarts {
        Restarts::LeftAlone => Ok(None),
        Restarts::HeldDown => {
            let folder = before.folder(scenario)?;
            let why = format!("drill {scenario}, process {}", std::process::id());
            Hold::place(&folder, &before.region, &why).map(Some)
        }
    }
}

/// Signals go out from a thread of their own, so that the clients of the load keep time.
async fn aside<T: Send + 'static>(
    signals: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let signalled = tokio::task::spawn_blocking(signals).await;
    signalled.map_err(|source| Error::Task {
        what: "fault",
        source,
    })?
}

/// Waits while the fault lasts.
pub(super) struct Outlast<'a> {
    script: &'static Script,
    struck: Struck,
    at_least: Duration,
    within: Duration,
    load: &'a WriteLoad,
    timeline: Option<Timeline>,
}

impl<'a> Outlast<'a> {
    pub(super) fn new(
        settings: &DrillSettings,
        scenario: Scenario,
        before: &Before,
        strike: &Strike,
        load: &'a WriteLoad,
    ) -> Self {
        let script = scenario.script();
        let status = &before.status;
        let lease = Duration::from_millis(status.lease_ms);
        let at_least = lease * script.leases_min;
        let patience = lease * defaults::TAKEOVER_LEASES
            + Duration::from_millis(status.hold_down_ms)
            + settings.patience.takeover;
        Self {
            script,
            struck: strike.struck,
            at_least,
            within: match script.let_go {
                LetGo::OutOfPatience => patience,
                LetGo::PromiseMissed => {
                    // What is overcome at the last moment has its load afterwards too.
                    let promised = Duration::from_millis(status.promise.rto_ms);
                    at_least.max(promised).min(patience) + defaults::LOAD_AFTER
                }
            },
            load,
            timeline: strike.timeline,
        }
    }

    /// Waits until clients have written again for a while, and the fault has lasted long enough. `None`
    /// when they did not in time; else when the first of these writes was acknowledged.
    pub(super) async fn overcome(&self) -> Option<Timestamp> {
        let until = self.struck.at.after(self.at_least);
        let mut streak = None;
        clock::poll(defaults::POLL_EVERY, self.within, async || {
            let tally = self.load.tally();
            let last_at = tally.last_at?;
            let began_at = match self.script.recovery {
                RecoverySign::NewerTimeline => {
                    let (timeline, at) = tally.newest?;
                    (Some(timeline) > self.timeline).then_some(at)?
                }
                RecoverySign::AnyWrite => {
                    (last_at > self.struck.done_at).then_some(())?;
                    streak.insert(Streak::of(last_at, streak)).began_at
                }
            };
            let enough = last_at.since(began_at) >= defaults::LOAD_AFTER;
            (enough && clock::now() >= until).then_some(began_at)
        })
        .await
    }
}

/// Acknowledgements without a pause as long as the load that counts as serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Streak {
    began_at: Timestamp,
    last_at: Timestamp,
}

impl Streak {
    /// With the newest acknowledgement. After a pause it begins anew: what came before was an answer
    /// under way when the fault struck.
    fn of(last_at: Timestamp, before: Option<Self>) -> Self {
        let goes_on = before.filter(|streak| last_at.since(streak.last_at) < defaults::LOAD_AFTER);
        Self {
            began_at: goes_on.map_or(last_at, |streak| streak.began_at),
            last_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(acknowledged: &[u64], began: u64) {
        let streak = acknowledged.iter().fold(None, |streak, at| {
            Some(Streak::of(Timestamp::from_millis(*at), streak))
        });
        let began_at = streak.map(|streak| streak.began_at);
        assert_eq!(began_at, Some(Timestamp::from_millis(began)));
    }

    #[test]
    fn an_answer_that_was_under_way_when_the_fault_struck_begins_no_streak() {
        check(&[2, 5_000, 5_100, 6_000], 5_000);
    }

    #[test]
    fn acknowledgements_without_a_pause_are_one_streak() {
        check(&[2, 100, 1_099, 1_099, 2_000], 2);
        check(&[2, 1_002], 1_002);
    }
}
