//! The fault, and the time it lasts.

use std::time::Duration;

use standfast_units::{Timeline, Timestamp};

use super::before::Before;
use super::progress::Progress;
use crate::clock::{self, Reference};
use crate::defaults;
use crate::error::Error;
use crate::fault::{self, Frozen, Struck, Victims};
use crate::hold::Hold;
use crate::load::Load;
use crate::product::Product;
use crate::settings::{Scenario, Settings};

/// What keeps a region broken. Fields are dropped in this order: processes continue before the
/// supervisor may restart any.
pub(super) struct Wound {
    frozen: Option<Frozen>,
    hold: Option<Hold>,
}

impl Wound {
    /// Lets go of everything, and tells when.
    pub(super) fn heal(self) -> Result<Timestamp, Error> {
        let at = match self.frozen {
            Some(frozen) => frozen.thaw()?,
            None => clock::now(),
        };
        drop(self.hold);
        Ok(at)
    }
}

/// A fault that has been done.
pub(super) struct Strike {
    pub(super) struck: Struck,
    pub(super) clock: Reference,
    pub(super) wound: Wound,
    /// The timeline that clients were acknowledged for before it.
    timeline: Option<Timeline>,
}

pub(super) async fn strike(
    product: &Product,
    before: &Before,
    scenario: Scenario,
    load: &Load,
    progress: &mut impl FnMut(Progress),
) -> Result<Strike, Error> {
    // The processes as they are now; the load has been running for a while.
    let status = product.status().await?;
    let clock = Reference::take();
    let timeline = load.tally().newest.map(|(timeline, _)| timeline);
    progress(Progress::Striking {
        scenario,
        region: before.region.clone(),
    });
    if scenario == Scenario::Switchover {
        let at = clock::now();
        product.switchover(&before.other).await?;
        let struck = Struck {
            at,
            done_at: clock::now(),
            processes: 0,
        };
        let wound = Wound {
            frozen: None,
            hold: None,
        };
        return Ok(Strike {
            struck,
            clock,
            wound,
            timeline,
        });
    }
    let primary = status.database(Some(&before.database))?.primary();
    if primary.is_none_or(|primary| primary.node != before.primary)
        || load.tally().last_at.is_none()
    {
        return Err(Error::NotReady {
            waited: Duration::ZERO,
            lacking: format!("{} is no longer the primary", before.primary),
        });
    }
    let victims = Victims::of(&status, &before.region, &clock);
    let folder = before.folder().ok_or_else(|| Error::Unsupported {
        scenario,
        needs: "the system's folder in `status`".to_owned(),
    })?;
    let why = format!("drill {scenario}, process {}", std::process::id());
    let mut wound = Wound {
        frozen: None,
        hold: Some(Hold::place(&folder, &before.region, &why)?),
    };
    // The signals go out from a thread of their own, so that the clients of the load keep time.
    let task = |source| Error::Task {
        what: "fault",
        source,
    };
    let struck = if scenario == Scenario::Freeze {
        let frozen = tokio::task::spawn_blocking(move || fault::freeze(&victims));
        let frozen = frozen.await.map_err(task)??;
        let struck = frozen.struck;
        wound.frozen = Some(frozen);
        struck
    } else {
        let killed = tokio::task::spawn_blocking(move || fault::kill(&victims));
        killed.await.map_err(task)??
    };
    Ok(Strike {
        struck,
        clock,
        wound,
        timeline,
    })
}

/// Waits while the fault lasts.
pub(super) struct Outlast<'a> {
    struck: Struck,
    lease: Duration,
    within: Duration,
    load: &'a Load,
    timeline: Option<Timeline>,
}

impl<'a> Outlast<'a> {
    pub(super) fn new(
        settings: &Settings,
        before: &Before,
        strike: &Strike,
        load: &'a Load,
    ) -> Self {
        let status = &before.status;
        let lease = Duration::from_millis(status.lease_ms);
        Self {
            struck: strike.struck,
            lease,
            within: lease * defaults::FREEZE_LEASES
                + Duration::from_millis(status.hold_down_ms)
                + settings.patience.takeover,
            load,
            timeline: strike.timeline,
        }
    }

    /// Waits until clients have written elsewhere for a while, and a freeze has lasted long enough.
    /// `None` when nobody took over in time; else when the first write was acknowledged.
    pub(super) async fn takeover(&self, scenario: Scenario) -> Option<Timestamp> {
        let at_least = match scenario {
            Scenario::Freeze => self.lease * defaults::FREEZE_LEASES,
            Scenario::RegionLoss | Scenario::Switchover => Duration::ZERO,
        };
        let until = self.struck.at.after(at_least);
        let mut granted_at = None;
        clock::poll(defaults::POLL_EVERY, self.within, async || {
            let tally = self.load.tally();
            let last_at = tally.last_at?;
            let began_at = match scenario {
                Scenario::RegionLoss | Scenario::Freeze => {
                    let (timeline, at) = tally.newest?;
                    (Some(timeline) > self.timeline).then_some(at)?
                }
                // Where a switchover was granted, the product has said so; what remains to be seen is
                // that clients write.
                Scenario::Switchover => {
                    (last_at > self.struck.done_at).then_some(())?;
                    *granted_at.get_or_insert(last_at)
                }
            };
            let enough = last_at.since(began_at) >= defaults::LOAD_AFTER;
            (enough && clock::now() >= until).then_some(began_at)
        })
        .await
    }
}
