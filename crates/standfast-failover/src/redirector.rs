//! The core of one region's controller: verifies a new primary and lets the writer name move (P13).
//!
//! Every controller runs it. The one beside the new primary goes first, the others after a delay, so
//! that the step survives the loss of any of them; the store's compare-and-swap makes a second redirect
//! to the same epoch do nothing, and one to an older epoch impossible.

use std::time::Duration;

use standfast_units::{Epoch, Node, Region, Timestamp};

use crate::serving::Serving;

/// How much later each further controller steps in: several times what verification and redirection
/// take on a healthy path, so that they rarely collide.
const STEP_IN_AFTER: Duration = Duration::from_millis(300);

/// How soon a failed verification is tried again, doubled each time up to the other.
const VERIFY_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// A primary that cannot be written to for long is asked this often.
const VERIFY_AGAIN_AFTER_MAX: Duration = Duration::from_secs(1);

/// What a [`Redirector`] is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectorSettings {
    /// Its region.
    pub region: Region,
    /// All regions that have a controller, in the order of the blueprint.
    pub regions: Vec<Region>,
}

/// What a [`Redirector`] is stepped with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectInput {
    /// Nothing but time passed.
    Tick,
    /// Who serves writes, as its agent says; `None`: no node is seen to.
    Serving(Option<Serving>),
    /// The epoch under which the writer name's meaning was verified; zero while it has none.
    Writer(Epoch),
    /// A write was read back under the epoch.
    Verified(Epoch),
    /// It was not.
    NotVerified {
        /// The epoch.
        epoch: Epoch,
        /// What went wrong, for logs.
        reason: String,
    },
    /// The writer name was moved, or had been moved by another controller.
    Redirected(Epoch),
    /// It could not be moved.
    NotRedirected(Epoch),
}

/// What a controller is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectAction {
    /// Write as a client would and read it back.
    Verify {
        /// Under which epoch.
        epoch: Epoch,
        /// The node that serves under it.
        node: Node,
    },
    /// Move the writer name; only after a verification under the same epoch.
    Redirect {
        /// The epoch.
        epoch: Epoch,
        /// The new primary.
        node: Node,
    },
}

/// How far the present epoch has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// To be verified at this instant.
    Due(Timestamp),
    Verifying,
    Verified,
    Redirecting,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    epoch: Epoch,
    node: Node,
    progress: Progress,
    /// The wait before the next attempt, should this one fail.
    again_after: Duration,
}

/// The core of one region's controller, for one database.
#[derive(Debug, Clone)]
pub struct Redirector {
    settings: RedirectorSettings,
    writer: Epoch,
    task: Option<Task>,
}

impl Redirector {
    /// A core that knows nothing yet.
    pub fn new(settings: RedirectorSettings) -> Self {
        Self {
            settings,
            writer: Epoch::ZERO,
            task: None,
        }
    }

    /// One step. Returns what to do and when to step again at the latest.
    pub fn step(
        &mut self,
        now: Timestamp,
        input: RedirectInput,
    ) -> (Option<RedirectAction>, Option<Timestamp>) {
        match input {
            RedirectInput::Tick => {}
            RedirectInput::Serving(Some(serving)) => self.serving(now, serving),
            RedirectInput::Serving(None) => self.task = None,
            RedirectInput::Writer(epoch) => self.writer = self.writer.max(epoch),
            RedirectInput::Verified(epoch) => self.advance(epoch, Progress::Verified),
            RedirectInput::NotVerified { epoch, .. } | RedirectInput::NotRedirected(epoch) => {
                self.try_again(now, epoch);
            }
            RedirectInput::Redirected(epoch) => {
                self.writer = self.writer.max(epoch);
            }
        }
        if self
            .task
            .as_ref()
            .is_some_and(|task| task.epoch <= self.writer)
        {
            self.task = None;
        }
        self.act(now)
    }

    fn serving(&mut self, now: Timestamp, serving: Serving) {
        let Serving {
            epoch,
            node,
            region,
        } = serving;
        let known = self
            .task
            .as_ref()
            .map_or(self.writer, |task| task.epoch.max(self.writer));
        if epoch > known {
            let due = now.after(self.delay(&region));
            self.task = Some(Task {
                epoch,
                node,
                progress: Progress::Due(due),
                again_after: VERIFY_AGAIN_AFTER,
            });
        }
    }

    /// Nothing for the controller beside the primary, a step more for each further one.
    fn delay(&self, primary: &Region) -> Duration {
        if self.settings.region == *primary {
            return Duration::ZERO;
        }
        let rank = self
            .settings
            .regions
            .iter()
            .filter(|region| *region != primary)
            .position(|region| *region == self.settings.region)
            .unwrap_or(self.settings.regions.len());
        STEP_IN_AFTER.saturating_mul(u32::try_from(rank).unwrap_or(u32::MAX).saturating_add(1))
    }

    fn advance(&mut self, epoch: Epoch, to: Progress) {
        if let Some(task) = self.task.as_mut().filter(|task| task.epoch == epoch) {
            task.progress = to;
        }
    }

    fn try_again(&mut self, now: Timestamp, epoch: Epoch) {
        if let Some(task) = self.task.as_mut().filter(|task| task.epoch == epoch) {
            task.progress = Progress::Due(now.after(task.again_after));
            task.again_after = task
                .again_after
                .saturating_mul(2)
                .min(VERIFY_AGAIN_AFTER_MAX);
        }
    }

    fn act(&mut self, now: Timestamp) -> (Option<RedirectAction>, Option<Timestamp>) {
        let Some(task) = &mut self.task else {
            return (None, None);
        };
        let (epoch, node) = (task.epoch, task.node.clone());
        match task.progress {
            Progress::Due(at) if now >= at => {
                task.progress = Progress::Verifying;
                (Some(RedirectAction::Verify { epoch, node }), None)
            }
            Progress::Due(at) => (None, Some(at)),
            Progress::Verified => {
                task.progress = Progress::Redirecting;
                (Some(RedirectAction::Redirect { epoch, node }), None)
            }
            Progress::Verifying | Progress::Redirecting => (None, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        Region::new(name).unwrap()
    }

    fn core(name: &str) -> Redirector {
        let regions = ["east", "west", "witness"].map(region).to_vec();
        Redirector::new(RedirectorSettings {
            region: region(name),
            regions,
        })
    }

    fn serving(epoch: u64) -> RedirectInput {
        RedirectInput::Serving(Some(Serving {
            epoch: Epoch::new(epoch),
            node: Node::new("main-west-1").unwrap(),
            region: region("west"),
        }))
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn the_name_moves_only_after_a_verified_write() {
        let mut core = core("west");
        let (action, _) = core.step(NOW, serving(2));
        assert!(matches!(action, Some(RedirectAction::Verify { .. })));
        assert_eq!(core.step(NOW, RedirectInput::Tick).0, None);
        let failed = RedirectInput::NotVerified {
            epoch: Epoch::new(2),
            reason: "no".into(),
        };
        let (action, again_at) = core.step(NOW, failed);
        assert_eq!(action, None);
        let (action, _) = core.step(again_at.unwrap(), RedirectInput::Tick);
        assert!(matches!(action, Some(RedirectAction::Verify { .. })));
        let (action, _) = core.step(NOW, RedirectInput::Verified(Epoch::new(2)));
        assert!(matches!(action, Some(RedirectAction::Redirect { .. })));
    }

    #[test]
    fn a_verification_under_an_older_epoch_moves_nothing() {
        let mut core = core("west");
        core.step(NOW, serving(2));
        core.step(NOW, serving(3));
        assert_eq!(
            core.step(NOW, RedirectInput::Verified(Epoch::new(2))).0,
            None
        );
    }

    #[test]
    fn the_controller_beside_the_primary_goes_first_and_the_others_in_turn() {
        assert_eq!(core("west").step(NOW, serving(2)).1, None);
        assert_eq!(
            core("east").step(NOW, serving(2)).1,
            Some(NOW.after(STEP_IN_AFTER))
        );
        assert_eq!(
            core("witness").step(NOW, serving(2)).1,
            Some(NOW.after(STEP_IN_AFTER * 2))
        );
    }

    #[test]
    fn what_another_controller_has_done_is_not_done_again() {
        let mut core = core("east");
        core.step(NOW, serving(2));
        core.step(NOW, RedirectInput::Writer(Epoch::new(2)));
        assert_eq!(
            core.step(NOW.after(STEP_IN_AFTER), RedirectInput::Tick),
            (None, None)
        );
    }

    #[test]
    fn an_epoch_older_than_the_name_is_never_verified() {
        let mut core = core("west");
        core.step(NOW, RedirectInput::Writer(Epoch::new(5)));
        assert_eq!(core.step(NOW, serving(4)), (None, None));
    }
}
