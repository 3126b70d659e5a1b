//! Whether a member may take the right to write (P7), and what may be lost when it does.

use std::time::Duration;

use standfast_units::{Lsn, Node, Region, Timeline, Timestamp};

use crate::diagnosis::Diagnosis;
use crate::hold::HoldReason;
use crate::lease::ObservedLease;
use crate::observation::Peer;
use crate::observed::{Observed, PauseState};
use crate::rejoin::leaves;
use crate::settings::{Mode, Settings};
use standfast_record::LeaseState;
use standfast_record::{RequestKind, Role, SuccessionKind};

/// The answer to "may I take over now?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TakeoverVerdict {
    /// There is nothing to take over.
    Quiet,
    /// All but the reasons given speaks for it.
    Hold {
        reasons: Vec<HoldReason>,
        /// The earliest instant at which a reason may fall away by itself.
        look_again_at: Option<Timestamp>,
    },
    /// Nothing speaks against it: take over.
    Go(Go),
}

/// What speaks for taking over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Go {
    pub(crate) kind: SuccessionKind,
    pub(crate) loss_max: Option<Duration>,
    pub(crate) diagnosis: Diagnosis,
}

/// What a running standby knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) timeline: Timeline,
    pub(crate) received: Lsn,
}

/// How much may be lost if the candidate's log became the only one.
///
/// For `async` this is the lag of what it has behind the last published position *plus* the time the
/// holder may have gone on since that was published: at most `self_fence_after` (P19, "Loss without the
/// gate"). When the holder gave its right up and named the end of its log, having that loses nothing.
///
/// Positions are comparable only within one history: the candidate's log must be on the timeline that is
/// written on, or end before its own timeline was left for that one (P11).
pub(crate) fn loss(
    settings: &Settings,
    observed: &Observed,
    sight: &ObservedLease,
    candidate: Candidate,
) -> Result<Option<Duration>, HoldReason> {
    let received = candidate.received;
    let published = sight.lease.position;
    let unknown = HoldReason::LossUnknown {
        published: published.map(|at| at.lsn),
        received,
    };
    let Some(published) = published else {
        return Err(unknown);
    };
    let head = head(observed, sight, candidate, published.timeline);
    if candidate.timeline != head {
        match leaves(candidate.timeline, head, observed.forks()) {
            Some(fork) if received <= fork.position => {}
            Some(_) | None => return Err(HoldReason::Diverged),
        }
    }
    let on_own = candidate.timeline == sight.lease.timeline;
    if let LeaseState::Released {
        position: Some(end),
        ..
    } = &sight.lease.state
        && on_own
        && received >= *end
    {
        return Ok(None);
    }
    let renew_every = settings.timings.renew_every;
    let behind = if candidate.timeline == head && head != published.timeline {
        // A candidate past the fork has all that was published before it.
        Some(Duration::ZERO)
    } else {
        sight.lag_time(received, renew_every)
    };
    let unpublished = if head == published.timeline {
        Some(Duration::ZERO)
    } else if head == sight.lease.timeline {
        // The holder has not published on its own timeline yet: all it wrote there may be missing.
        sight.epoch_age(renew_every)
    } else {
        // Nor had the one before it.
        sight.unpublished_for()
    };
    let lag = behind
        .zip(unpublished)
        .map(|(behind, unpublished)| behind.saturating_add(unpublished));
    lag.map(|lag| Some(lag.saturating_add(settings.timings.self_fence_after)))
        .ok_or(unknown)
}

/// The timeline that was written on last, as far as the store knows: the holder's own once it is known
/// to have begun, else the newest that descends from where a holder has published.
fn head(
    observed: &Observed,
    sight: &ObservedLease,
    candidate: Candidate,
    published: Timeline,
) -> Timeline {
    let own = sight.lease.timeline;
    let begun = observed.forks().iter().any(|fork| fork.timeline == own);
    if begun || candidate.timeline == own {
        return own;
    }
    observed
        .forks()
        .iter()
        .map(|fork| fork.timeline)
        .filter(|timeline| leaves(published, *timeline, observed.forks()).is_some())
        .max()
        .unwrap_or(published)
}

/// The whole of P7, for a member that runs a standby and does not hold the right.
pub(crate) fn examine(
    now: Timestamp,
    settings: &Settings,
    observed: &Observed,
    sight: &ObservedLease,
    candidate: Candidate,
) -> TakeoverVerdict {
    match &sight.lease.state {
        // A hand-over is waited for as long as a lease; then the ordinary rules hold, for every node.
        LeaseState::Released { to: Some(to), .. }
            if sight.still_for(now) >= settings.timings.lease && *to != settings.node =>
        {
            unplanned(now, settings, observed, sight, candidate)
        }
        LeaseState::Released {
            position: Some(end),
            to: Some(to),
        } if *to == settings.node && candidate.timeline == sight.lease.timeline => {
            handed_to_us(now, settings, observed, sight, candidate, *end)
        }
        LeaseState::Released { to: Some(to), .. } if *to != settings.node => {
            TakeoverVerdict::Hold {
                reasons: vec![HoldReason::HandedTo { node: to.clone() }],
                look_again_at: Some(sight.unchanged_since.after(settings.timings.lease)),
            }
        }
        LeaseState::Held | LeaseState::Released { .. } => {
            unplanned(now, settings, observed, sight, candidate)
        }
    }
}

/// P8: the successor takes over as soon as it has the whole log, and loses nothing. When the end does
/// not arrive within a lease (the former primary may be gone for good), what is missing is a loss like
/// any other.
fn handed_to_us(
    now: Timestamp,
    settings: &Settings,
    observed: &Observed,
    sight: &ObservedLease,
    candidate: Candidate,
    end: Lsn,
) -> TakeoverVerdict {
    if candidate.received >= end {
        return TakeoverVerdict::Go(Go {
            kind: SuccessionKind::Switchover,
            loss_max: None,
            diagnosis: Diagnosis::GivenUp,
        });
    }
    let waited_until = sight.unchanged_since.after(settings.timings.lease);
    if now >= waited_until {
        return unplanned(now, settings, observed, sight, candidate);
    }
    TakeoverVerdict::Hold {
        reasons: vec![HoldReason::AwaitingLog {
            end,
            received: candidate.received,
        }],
        look_again_at: Some(waited_until),
    }
}

/// Collects every reason rather than the first, so that an operator sees all that is in the way.
fn unplanned(
    now: Timestamp,
    settings: &Settings,
    observed: &Observed,
    sight: &ObservedLease,
    candidate: Candidate,
) -> TakeoverVerdict {
    let timings = &settings.timings;
    let ours = sight.lease.holder == settings.node;
    let given_up = ours || matches!(sight.lease.state, LeaseState::Released { .. });
    if !given_up && sight.still_for(now) < timings.missed_after() {
        return TakeoverVerdict::Quiet;
    }
    let mut obstacles = Obstacles {
        now,
        reasons: Vec::new(),
        look_again_at: None,
    };
    let loss = loss(settings, observed, sight, candidate);
    standing_still(settings, sight, loss == Ok(None), &mut obstacles);
    let named = operator_names(settings, observed);
    let mut allowed = timings.max_loss;
    match &named {
        Named::Us { accept_loss } => allowed = allowed.max(accept_loss.unwrap_or_default()),
        Named::Another { region } => {
            obstacles.reasons.push(HoldReason::NamedAnother {
                region: region.clone(),
            });
        }
        // P16: the last holder may always take its right up again.
        Named::NoRegion if ours => {}
        Named::NoRegion => unasked(settings, observed, sight, loss == Ok(None), &mut obstacles),
    }
    if let Some(node) = ahead_of_us(now, settings, observed, sight, candidate) {
        obstacles.reasons.push(HoldReason::AnotherIsAhead { node });
    }
    match &loss {
        Ok(Some(loss)) if *loss > allowed => {
            obstacles.reasons.push(HoldReason::LossTooLarge {
                loss: *loss,
                allowed,
            });
        }
        Ok(_) => {}
        // An unknown loss cannot be compared with what was accepted: naming any loss accepts it.
        Err(_)
            if matches!(
                named,
                Named::Us {
                    accept_loss: Some(_)
                }
            ) => {}
        Err(unknown) => obstacles.reasons.push(unknown.clone()),
    }
    if obstacles.reasons.is_empty() {
        let diagnosis = observed.diagnose(now, settings);
        TakeoverVerdict::Go(Go {
            kind: SuccessionKind::Failover,
            loss_max: match (loss, named) {
                (Ok(loss), _) => loss,
                (Err(_), Named::Us { accept_loss }) => accept_loss,
                (Err(_), Named::Another { .. } | Named::NoRegion) => None,
            },
            diagnosis,
        })
    } else {
        TakeoverVerdict::Hold {
            reasons: obstacles.reasons,
            look_again_at: obstacles.look_again_at,
        }
    }
}

/// How long the record must stand still on our own clock before it may be taken.
fn standing_still(
    settings: &Settings,
    sight: &ObservedLease,
    loss_free: bool,
    obstacles: &mut Obstacles,
) {
    let ends = sight.unchanged_since.after(settings.timings.lease);
    let holder = &sight.lease.holder;
    if *holder == settings.node {
        return;
    }
    match sight.lease.state {
        // P1.
        LeaseState::Held => obstacles.until(ends, |remaining| HoldReason::LeaseRunning {
            holder: holder.clone(),
            remaining,
        }),
        // P22: a proxy that has not seen the release yet may pass on answers of the old epoch, for as long as
        // the last renewal it saw allows. Where nothing is lost by it that does no harm.
        LeaseState::Released { .. } if !loss_free => {
            obstacles.until(ends, |remaining| HoldReason::ReleaseRecent { remaining });
        }
        LeaseState::Released { .. } => {}
    }
}

/// What stands in the way when no operator asked (P7).
fn unasked(
    settings: &Settings,
    observed: &Observed,
    sight: &ObservedLease,
    loss_free: bool,
    obstacles: &mut Obstacles,
) {
    let timings = &settings.timings;
    if observed.pause == PauseState::InForce {
        obstacles.reasons.push(HoldReason::Paused);
    }
    if settings.mode != Mode::Automatic {
        obstacles.reasons.push(HoldReason::NotAutomatic);
    }
    if !settings.same_region(&settings.node, &sight.lease.holder) {
        // Counted from the first observation missed, beside the lease.
        let ends = sight
            .unchanged_since
            .after(timings.renew_every)
            .after(timings.hold_down);
        let region = settings.region_of(&sight.lease.holder).cloned();
        obstacles.until(ends, |remaining| HoldReason::HoldDown { region, remaining });
    }
    // Cool-down never applies when nothing serves and a loss-free candidate exists.
    if let Some(last) = observed.last_failover
        && !loss_free
    {
        obstacles.until(last.after(timings.cool_down), |remaining| {
            HoldReason::CoolDown { remaining }
        });
    }
}

struct Obstacles {
    now: Timestamp,
    reasons: Vec<HoldReason>,
    look_again_at: Option<Timestamp>,
}

impl Obstacles {
    /// Adds a reason that falls away at an instant, unless that has come.
    fn until(&mut self, end: Timestamp, reason: impl FnOnce(Duration) -> HoldReason) {
        if self.now < end {
            self.reasons.push(reason(end.since(self.now)));
            self.look_again_at = Some(self.look_again_at.map_or(end, |at| at.min(end)));
        }
    }
}

enum Named {
    Us { accept_loss: Option<Duration> },
    Another { region: Region },
    NoRegion,
}

/// Whether an operator asked for a failover, and to where.
fn operator_names(settings: &Settings, observed: &Observed) -> Named {
    match observed.request.as_ref().map(|request| &request.kind) {
        Some(RequestKind::Failover { to, accept_loss })
            if settings.region_of(&settings.node) == Some(to) =>
        {
            Named::Us {
                accept_loss: *accept_loss,
            }
        }
        Some(RequestKind::Failover { to, .. }) => Named::Another { region: to.clone() },
        // The primary hands over by itself; when it is lost meanwhile, the ordinary rules hold.
        Some(RequestKind::Switchover { .. }) | None => Named::NoRegion,
    }
}

/// A standby that can be asked and goes before us: one with more of the log; among equals one in the
/// lost holder's region, then the first by name, so that all members agree. Where an operator named a
/// region, only its standbys count.
fn ahead_of_us(
    now: Timestamp,
    settings: &Settings,
    observed: &Observed,
    sight: &ObservedLease,
    candidate: Candidate,
) -> Option<Node> {
    let rank = |node: &Node, position: Lsn| {
        let near = settings.same_region(node, &sight.lease.holder);
        (position, near, std::cmp::Reverse(node.clone()))
    };
    let ours = rank(&settings.node, candidate.received);
    let named = match operator_names(settings, observed) {
        Named::Us { .. } => settings.region_of(&settings.node),
        Named::Another { .. } | Named::NoRegion => None,
    };
    // On a timeline that left ours after all we have, it has more of the history than we.
    let goes_before = |peer: &Peer| {
        let (Some(timeline), Some(position)) = (peer.timeline, peer.position) else {
            return false;
        };
        if timeline == candidate.timeline {
            return rank(&peer.node, position) > ours;
        }
        leaves(candidate.timeline, timeline, observed.forks())
            .is_some_and(|fork| candidate.received <= fork.position && position >= fork.position)
    };
    observed
        .peers
        .values()
        .filter(|peer| now.since(peer.seen_at) < settings.timings.lease)
        .map(|peer| &peer.peer)
        .filter(|peer| peer.role == Role::Standby && peer.node != sight.lease.holder)
        .filter(|peer| named.is_none() || settings.region_of(&peer.node) == named)
        .find(|peer| goes_before(peer))
        .map(|peer| peer.node.clone())
}
