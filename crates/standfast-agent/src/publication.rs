//! What the agent publishes about its node: at once when something changed, else as a heartbeat.

use std::time::Duration;

use standfast_failover::{HoldReason, State};
use standfast_record::{Durability, Member, Role, Transaction, key};
use standfast_replication::ServerObservation;
use standfast_units::{Epoch, Lsn, Moment, Timeline, Timestamp};

use crate::desk::{Desk, put};
use crate::settings::Settings;
use crate::ticket::Ticket;

/// What is known when a publication is due.
pub(crate) struct Facts<'a> {
    pub(crate) state: State,
    /// The epoch it serves under, once the core itself counts it as serving.
    pub(crate) leads: Option<Epoch>,
    /// The epoch it follows under.
    pub(crate) follows: Option<Epoch>,
    pub(crate) holds: &'a [HoldReason],
    pub(crate) database: &'a ServerObservation,
    pub(crate) published_by_holder: Option<Lsn>,
    pub(crate) lag_time: Option<Duration>,
}

/// Writes the node's record, one write at a time.
#[derive(Debug, Clone)]
pub(crate) struct Publication {
    last: Option<Standing>,
    due_at: Timestamp,
    count: u64,
    writing: Option<Ticket>,
}

impl Publication {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            last: None,
            due_at: now,
            count: 0,
            writing: None,
        }
    }

    /// When the next heartbeat is due.
    pub(crate) fn due_at(&self) -> Timestamp {
        self.due_at
    }

    /// Whether an answer was the one to the write under way, which is over then.
    pub(crate) fn ends_with(&mut self, ticket: Ticket) -> bool {
        let own = self.writing == Some(ticket);
        if own {
            self.writing = None;
        }
        own
    }

    /// Publishes when something an observer acts on has changed, or a heartbeat is due.
    pub(crate) fn consider(&mut self, desk: &mut Desk, now: Moment, facts: &Facts<'_>) {
        let standing = Standing::of(desk, facts);
        if self.last.as_ref() == Some(&standing) && now.at < self.due_at {
            return;
        }
        let renew_every = desk.settings.core.timings.renew_every;
        if self.writing.is_some() {
            // The one under way may be stuck behind a lost store; the next step looks again.
            self.due_at = now.at.after(renew_every / 8);
            return;
        }
        self.due_at = now.at.after(renew_every);
        self.count += 1;
        let Settings {
            system,
            database,
            node,
            ..
        } = &*desk.settings;
        let key = key::member(system, database, node);
        let member = self.member(desk, now, facts, &standing);
        let transaction = put(Transaction::new(), key, &member, Durability::Volatile);
        self.last = Some(standing);
        self.writing = Some(desk.transact(transaction));
    }

    fn member(&self, desk: &Desk, now: Moment, facts: &Facts<'_>, standing: &Standing) -> Member {
        let settings = &desk.settings;
        let mut member = Member {
            node: settings.node.clone(),
            region: settings.region.clone(),
            zone: settings.zone.clone(),
            address: settings.address,
            port: settings.port,
            published: self.count,
            published_at: now.wall,
            role: standing.role,
            state: standing.state.to_string(),
            epoch: standing.epoch,
            timeline: standing.timeline,
            position: None,
            replayed: None,
            lag_bytes: None,
            lag_time: None,
            streaming: standing.streaming,
            pid_agent: settings.pid,
            pid_guard: standing.pid_guard,
            pid_database: standing.pid_database,
            holds: facts.holds.iter().map(ToString::to_string).collect(),
        };
        match (standing.role, facts.database) {
            (Role::Primary, ServerObservation::Primary { position, .. }) => {
                member.position = Some(*position);
            }
            (
                Role::Standby,
                ServerObservation::Standby {
                    received, replayed, ..
                },
            ) => {
                member.position = Some(*received);
                member.replayed = Some(*replayed);
                member.lag_bytes = facts.published_by_holder.map(|lsn| lsn.since(*received));
                member.lag_time = facts.lag_time;
            }
            _ => {}
        }
        member
    }
}

/// What observers have to know at once when it changes. Positions and the remaining time in reasons to hold
/// go out with the heartbeats.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    role: Role,
    state: State,
    epoch: Option<Epoch>,
    timeline: Option<Timeline>,
    streaming: bool,
    pid_guard: Option<u32>,
    pid_database: Option<u32>,
    holds: usize,
}

impl Standing {
    fn of(desk: &Desk, facts: &Facts<'_>) -> Self {
        let status = desk.guard.status.as_ref();
        let none = Self {
            role: Role::None,
            state: facts.state,
            epoch: None,
            timeline: None,
            streaming: false,
            pid_guard: status.map(|status| status.guard_pid),
            pid_database: status.and_then(|status| status.pid),
            holds: facts.holds.len(),
        };
        if !desk.guard.is_running() {
            return none;
        }
        match facts.database {
            ServerObservation::Primary { timeline, .. } if facts.leads.is_some() => Self {
                role: Role::Primary,
                epoch: facts.leads,
                timeline: Some(*timeline),
                ..none
            },
            ServerObservation::Standby {
                timeline,
                streaming,
                ..
            } => Self {
                role: Role::Standby,
                epoch: facts.follows,
                timeline: Some(*timeline),
                streaming: *streaming,
                ..none
            },
            ServerObservation::Primary { .. }
            | ServerObservation::Silent { .. }
            | ServerObservation::Busy { .. } => none,
        }
    }
}
