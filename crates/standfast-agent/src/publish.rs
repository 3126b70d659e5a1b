//! What the agent publishes about its node: at once when something changed, else as a heartbeat.

use standfast_coordination::record::{Member, Role};
use standfast_coordination::{Durability, Store, Transaction, key};
use standfast_failover::{HoldReason, State};
use standfast_replication::Observation;
use standfast_units::{Epoch, Lsn, Timestamp};
use tracing::debug;

use crate::clock;
use crate::executor::{json, millis};
use crate::guard::GuardView;
use crate::settings::Settings;

/// What is known when a publication is due.
pub(crate) struct Facts<'a> {
    pub(crate) state: State,
    pub(crate) leads: Option<Epoch>,
    pub(crate) follows: Option<Epoch>,
    pub(crate) holds: &'a [HoldReason],
    pub(crate) guard: &'a GuardView,
    pub(crate) database: &'a Observation,
    pub(crate) published_by_holder: Option<Lsn>,
    pub(crate) lag_time: Option<std::time::Duration>,
}

/// Writes the node's record, one write at a time.
#[derive(Debug)]
pub(crate) struct Publisher {
    last: Option<Member>,
    due_at: Timestamp,
    count: u64,
    writing: Option<tokio::task::JoinHandle<()>>,
}

impl Publisher {
    pub(crate) fn new() -> Self {
        Self {
            last: None,
            due_at: clock::now(),
            count: 0,
            writing: None,
        }
    }

    /// When the next heartbeat is due.
    pub(crate) fn due_at(&self) -> Timestamp {
        self.due_at
    }

    /// Publishes when something an observer acts on has changed, or a heartbeat is due.
    pub(crate) fn consider<S: Store>(&mut self, settings: &Settings, store: &S, facts: &Facts<'_>) {
        let now = clock::now();
        let member = self.member(settings, facts);
        let changed = self.last.as_ref().is_none_or(|last| differs(last, &member));
        if !changed && now < self.due_at {
            return;
        }
        if self
            .writing
            .as_ref()
            .is_some_and(|writing| !writing.is_finished())
        {
            // The one under way may be stuck behind a lost store; the next step looks again.
            self.due_at = now.after(settings.core.timings.renew_every / 8);
            return;
        }
        self.due_at = now.after(settings.core.timings.renew_every);
        self.count += 1;
        self.last = Some(member.clone());
        let key = key::member(&settings.system, &settings.database, &settings.node);
        let transaction = Transaction::new().put(key, json(&member), Durability::Volatile);
        let store = store.clone();
        self.writing = Some(tokio::spawn(async move {
            if let Err(error) = store.transact(transaction).await {
                debug!(%error, "not published");
            }
        }));
    }

    /// Waits for the write under way.
    pub(crate) async fn finish(&mut self) {
        if let Some(writing) = self.writing.take() {
            // It ends by its own timeout; its failure was logged.
            let _ = writing.await;
        }
    }

    fn member(&self, settings: &Settings, facts: &Facts<'_>) -> Member {
        let status = facts.guard.status.as_ref();
        let runs = facts.guard.is_running();
        let mut member = Member {
            node: settings.node.clone(),
            region: settings.region.clone(),
            zone: settings.zone.clone(),
            address: settings.address.clone(),
            port: settings.port,
            published: self.count + 1,
            published_at: clock::wall(),
            role: Role::None,
            state: facts.state.to_string(),
            epoch: None,
            timeline: None,
            position: None,
            replayed: None,
            lag_bytes: None,
            lag_time_ms: None,
            streaming: false,
            pid_agent: std::process::id(),
            pid_guard: status.map(|status| status.guard_pid),
            pid_database: status.and_then(|status| status.pid),
            holds: facts.holds.iter().map(ToString::to_string).collect(),
        };
        match facts.database {
            Observation::Primary {
                timeline, position, ..
            } if runs && facts.leads.is_some() => {
                member.role = Role::Primary;
                member.epoch = facts.leads;
                member.timeline = Some(*timeline);
                member.position = Some(*position);
            }
            Observation::Standby {
                timeline,
                received,
                replayed,
                streaming,
            } if runs => {
                member.role = Role::Standby;
                member.epoch = facts.follows;
                member.timeline = Some(*timeline);
                member.position = Some(*received);
                member.replayed = Some(*replayed);
                member.lag_bytes = facts.published_by_holder.map(|lsn| lsn.since(*received));
                member.lag_time_ms = facts.lag_time.map(millis);
                member.streaming = *streaming;
            }
            Observation::Primary { .. }
            | Observation::Standby { .. }
            | Observation::Silent { .. }
            | Observation::Busy { .. } => {}
        }
        member
    }
}

/// Whether observers have to know at once. Positions and the remaining time in reasons to hold go out
/// with the heartbeats.
fn differs(last: &Member, member: &Member) -> bool {
    last.role != member.role
        || last.state != member.state
        || last.epoch != member.epoch
        || last.timeline != member.timeline
        || last.streaming != member.streaming
        || last.pid_guard != member.pid_guard
        || last.pid_database != member.pid_database
        || last.holds.len() != member.holds.len()
}
