//! After the fault: the former primary follows, both databases hold the same, the primary returns.

use std::time::Duration;

use standfast_units::{Database, Node, Region, Timestamp};

use super::before::Before;
use super::milestone::Milestone;
use crate::clock::{self, ClockPair};
use crate::defaults;
use crate::error::Error;
use crate::judge::{FollowerFate, ReturnFate};
use crate::product::Product;
use crate::rows::{DrillTable, WrittenRow};
use crate::scenario::Scenario;
use crate::scenario::script::WayBack;
use crate::session::describe;
use crate::settings::{DrillSettings, Finish};
use crate::status::{PublishedDatabase, PublishedNode, PublishedRole, PublishedTransition};

/// The former primary, once the fault was let go.
pub(super) struct FormerPrimary<'a> {
    pub(super) product: &'a Product,
    pub(super) database: Option<&'a Database>,
    pub(super) before: &'a Before,
}

/// How the former primary came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CameBack {
    /// It follows the server that took over, since then.
    Follows(Timestamp),
    /// No other server took over; it serves with as many standbys as before, since then.
    Serves(Timestamp),
}

impl CameBack {
    /// What is told of it; the fault was let go at `healed_at`.
    pub(super) fn milestone(self, healed_at: Timestamp) -> Milestone {
        match self {
            Self::Follows(at) => Milestone::Rejoined {
                after: at.since(healed_at),
            },
            Self::Serves(at) => Milestone::ServesAgain {
                after: at.since(healed_at),
            },
        }
    }
}

/// What was found at the end of the load.
pub(super) struct EndState {
    /// The surviving primary's rows.
    pub(super) rows: Vec<WrittenRow>,
    pub(super) follower: FollowerFate,
    pub(super) rejoined_at: Option<Timestamp>,
    pub(super) successor: Option<Region>,
    pub(super) transition: Option<PublishedTransition>,
}

impl FormerPrimary<'_> {
    /// Waits until it stands as the scenario expects. The error says how it stood.
    pub(super) async fn wait(
        &self,
        scenario: Scenario,
        overcome_at: Option<Timestamp>,
        within: Duration,
    ) -> Result<CameBack, String> {
        let afterwards = scenario.script().afterwards;
        match afterwards {
            WayBack::Follows if overcome_at.is_none() => {
                return Err("no other region took over that it could follow".to_owned());
            }
            WayBack::Follows | WayBack::FollowsOrServes => {}
        }
        let mut stood = "status did not answer".to_owned();
        let came_back = clock::poll(defaults::STATUS_EVERY, within, async || {
            let status = self.product.status().await.ok()?;
            let database = status.database(self.database).ok()?;
            let node = database.node(&self.before.primary)?;
            stood = node.describe();
            if follows(database, node) {
                return Some(CameBack::Follows(clock::now()));
            }
            match afterwards {
                WayBack::Follows => None,
                WayBack::FollowsOrServes => self
                    .serves(database)
                    .then(|| CameBack::Serves(clock::now())),
            }
        });
        came_back.await.ok_or(stood)
    }

    /// Whether it is the primary still, and as many standbys follow it as before.
    fn serves(&self, database: &PublishedDatabase) -> bool {
        database
            .primary()
            .is_some_and(|primary| primary.node == self.before.primary)
            && database.following().count() >= self.before.following
    }
}

fn follows(database: &PublishedDatabase, node: &PublishedNode) -> bool {
    node.role == PublishedRole::Standby
        && node.streaming
        && node.timeline == database.timeline
        && database
            .primary()
            .is_some_and(|primary| primary.node != node.node)
}

/// Reads the surviving primary's rows, and those of a server that follows it once that has caught up.
pub(super) async fn compare(
    former: &FormerPrimary<'_>,
    table: &DrillTable,
    clock: &ClockPair,
    came_back: Result<CameBack, String>,
) -> Result<EndState, Error> {
    let status = former.product.status().await?;
    let database = status.database(former.database)?;
    let writer = database.writer.as_ref().ok_or_else(|| Error::NotReady {
        waited: Duration::ZERO,
        lacking: "a writer to read the rows from".to_owned(),
    })?;
    let rows = table.read(writer.socket()?, clock).await?;
    let before = former.before;
    let (fate, rejoined_at) = match came_back {
        Ok(CameBack::Follows(at)) => (
            caught_up(former, &before.primary, table, clock, &rows).await,
            Some(at),
        ),
        Ok(CameBack::Serves(_)) => (
            caught_up(former, &before.standby, table, clock, &rows).await,
            None,
        ),
        Err(reason) => (FollowerFate::Missing { reason }, None),
    };
    Ok(EndState {
        follower: fate,
        rejoined_at,
        successor: database.node(&writer.node).map(|node| node.region.clone()),
        transition: database.transition.clone(),
        rows,
    })
}

/// Waits until a follower reports no lag and shows the primary's rows; what it shows last counts.
async fn caught_up(
    former: &FormerPrimary<'_>,
    node: &Node,
    table: &DrillTable,
    clock: &ClockPair,
    rows: &[WrittenRow],
) -> FollowerFate {
    let mut last: Result<Vec<WrittenRow>, String> = Err("its rows could not be read".to_owned());
    let same = clock::poll(
        defaults::STATUS_EVERY,
        defaults::CATCH_UP_WITHIN,
        async || {
            let status = former.product.status().await.ok()?;
            let database = status.database(former.database).ok()?;
            let node = database.node(node)?;
            let without_lag = node.lag_bytes.is_some_and(|lag| lag.get() == 0);
            if !follows(database, node) {
                last = Err(node.describe());
                return None;
            }
            last = match node.socket() {
                Ok(address) => table
                    .read(address, clock)
                    .await
                    .map_err(|error| describe(&error)),
                Err(error) => Err(describe(&error)),
            };
            let same = last.as_ref().is_ok_and(|found| *found == rows);
            if same && !without_lag {
                // Its own account of itself lags behind; it is asked again.
                return None;
            }
            same.then_some(())
        },
    );
    same.await;
    match last {
        Ok(rows) => FollowerFate::Rejoined { rows },
        Err(reason) => FollowerFate::Missing { reason },
    }
}

/// The return of the primary, and of the system to what it was.
pub(super) struct WayHome<'a> {
    pub(super) product: &'a Product,
    pub(super) settings: &'a DrillSettings,
    pub(super) before: &'a Before,
    pub(super) table: &'a DrillTable,
    pub(super) clock: &'a ClockPair,
}

impl WayHome<'_> {
    /// Moves the primary back, waits until as many standbys follow as before, and reads the rows again.
    pub(super) async fn go(
        &self,
        seen: &EndState,
        progress: &mut impl FnMut(Milestone),
    ) -> ReturnFate {
        let home = &self.before.region;
        let away = seen.successor.as_ref().is_some_and(|region| region != home);
        match self.settings.finish {
            Finish::Stay => return ReturnFate::Stayed,
            Finish::ReturnHome if !away => return ReturnFate::Stayed,
            Finish::ReturnHome => {}
        }
        progress(Milestone::Returning {
            region: home.clone(),
        });
        match self.switch_and_read().await {
            Ok(rows) => {
                progress(Milestone::Returned);
                ReturnFate::Returned { rows }
            }
            Err(error) => ReturnFate::Failed {
                reason: describe(&error),
            },
        }
    }

    async fn switch_and_read(&self) -> Result<Vec<WrittenRow>, Error> {
        let home = &self.before.region;
        self.product.switchover(home).await?;
        let within = self.settings.patience.rejoin;
        let mut stood = "status did not answer".to_owned();
        let as_before = clock::poll(defaults::STATUS_EVERY, within, async || {
            let status = self.product.status().await.ok()?;
            let database = status.database(Some(&self.before.database)).ok()?;
            let nodes: Vec<_> = database.nodes.iter().map(PublishedNode::describe).collect();
            stood = nodes.join("; ");
            let primary = database
                .primary()
                .filter(|primary| primary.region == *home)?;
            let following = database.following().count();
            (following >= self.before.following).then(|| primary.socket())
        });
        let address = as_before.await.ok_or(Error::NotReady {
            waited: within,
            lacking: stood,
        })??;
        self.table.read(address, self.clock).await
    }

    /// Drops the table at whichever node is the writer now.
    pub(super) async fn drop_table(&self) -> Result<(), Error> {
        let status = self.product.status().await?;
        let database = status.database(Some(&self.before.database))?;
        match &database.writer {
            Some(writer) => self.table.drop(writer.socket()?).await,
            None => Ok(()),
        }
    }
}
