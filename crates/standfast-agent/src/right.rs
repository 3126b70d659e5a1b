//! Transactions about the right to write: taken, renewed and let go of, one at a time (P1, P2, P4).

use std::time::Duration;

use standfast_failover::{Acquisition, RightAction, RightOutcome};
use standfast_guard::protocol::Request;
use standfast_record::{
    Durability, Lease, LeaseState, Revision, Step, Succession, Transacted, Transaction, Unanswered,
    key,
};
use standfast_units::{Moment, Timestamp};
use tracing::{info, warn};

use crate::desk::{Answered, Desk, put};
use crate::ticket::Ticket;

/// The transaction under way.
#[derive(Debug, Clone)]
pub(crate) struct RightAct {
    ticket: Ticket,
    stage: Stage,
}

#[derive(Debug, Clone)]
enum Stage {
    /// The store is asked.
    Exchanging {
        sent_at: Timestamp,
        subject: Subject,
    },
    /// The guard is told the deadline (P4).
    Arming {
        revision: Revision,
        deadline: Timestamp,
        subject: Subject,
    },
}

#[derive(Debug, Clone)]
enum Subject {
    Acquisition {
        incarnation: String,
        cause: String,
        lease: Lease,
    },
    Renewal {
        renewal: u64,
        incarnation: String,
    },
    Release {
        lease: Lease,
        detail: String,
    },
}

impl Subject {
    /// What the guard is told the deadline is for.
    fn label(&self) -> Option<&String> {
        match self {
            Self::Acquisition { incarnation, .. } | Self::Renewal { incarnation, .. } => {
                Some(incarnation)
            }
            Self::Release { .. } => None,
        }
    }
}

/// Whether a transaction goes on.
pub(crate) enum RightProgress {
    Going(RightAct),
    Ended(RightOutcome),
}

impl RightAct {
    pub(crate) fn begin(desk: &mut Desk, now: Moment, action: RightAction) -> Self {
        let (transaction, subject) = match action {
            RightAction::Acquire(acquisition) => acquire(desk, now, *acquisition),
            RightAction::Renew { revision, lease } => renew(desk, revision, lease),
            RightAction::Release { revision, lease } => release(desk, now, revision, lease),
        };
        Self {
            ticket: desk.transact(transaction),
            // P2: the deadline counts from before the request left.
            stage: Stage::Exchanging {
                sent_at: now.at,
                subject,
            },
        }
    }

    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket
    }

    pub(crate) fn advance(self, desk: &mut Desk, now: Moment, answered: Answered) -> RightProgress {
        match (self.stage, answered) {
            (Stage::Exchanging { sent_at, subject }, Answered::Transacted(transacted)) => {
                exchanged(desk, now, sent_at, subject, transacted)
            }
            (
                Stage::Arming {
                    revision,
                    deadline,
                    subject,
                },
                Answered::Guard(answer),
            ) => {
                if let Err(error) = &answer {
                    info!(%error, "the guard has not taken the deadline");
                }
                RightProgress::Ended(settled(subject, revision, deadline, answer.is_ok()))
            }
            // No other answer carries its ticket.
            (stage, _) => RightProgress::Going(Self {
                ticket: self.ticket,
                stage,
            }),
        }
    }
}

fn exchanged(
    desk: &mut Desk,
    now: Moment,
    sent_at: Timestamp,
    subject: Subject,
    transacted: Transacted,
) -> RightProgress {
    let revision = match transacted {
        Ok(done) if done.succeeded => done.revision,
        Ok(_) => return RightProgress::Ended(turned_down(&subject)),
        Err(unanswered) => return RightProgress::Ended(unheard(&subject, &unanswered)),
    };
    tell(&subject);
    let deadline = sent_at.after(desk.settings.core.timings.self_fence_after);
    // P4: counts only once the guard has the deadline; with no server running there is nothing to guard.
    let label = subject.label().filter(|_| !desk.guard.is_idle()).cloned();
    let Some(label) = label else {
        return RightProgress::Ended(settled(subject, revision, deadline, true));
    };
    let request = Request::Deadline {
        at: deadline,
        label,
    };
    let within: Duration = deadline.since(now.at);
    RightProgress::Going(RightAct {
        ticket: desk.ask_guard(request, Some(within)),
        stage: Stage::Arming {
            revision,
            deadline,
            subject,
        },
    })
}

/// The store took it; `armed`: and the guard has the deadline, or guards nothing.
fn settled(subject: Subject, revision: Revision, deadline: Timestamp, armed: bool) -> RightOutcome {
    match subject {
        Subject::Acquisition { incarnation, .. } if armed => RightOutcome::Acquired {
            incarnation,
            revision,
            deadline,
        },
        Subject::Acquisition { .. } => RightOutcome::AcquisitionUnknown,
        Subject::Renewal { renewal, .. } if armed => RightOutcome::Renewed {
            revision,
            renewal,
            deadline,
        },
        Subject::Renewal { .. } => RightOutcome::NotRenewed,
        Subject::Release { .. } => RightOutcome::Released,
    }
}

/// A comparison failed: the record is another one.
fn turned_down(subject: &Subject) -> RightOutcome {
    match subject {
        Subject::Acquisition { .. } => RightOutcome::NotAcquired,
        Subject::Renewal { .. } => RightOutcome::NotRenewed,
        Subject::Release { .. } => RightOutcome::NotReleased,
    }
}

/// The store did not answer.
fn unheard(subject: &Subject, unanswered: &Unanswered) -> RightOutcome {
    let error = unanswered.reason();
    match (subject, unanswered) {
        (Subject::Acquisition { .. }, Unanswered::NotDone { .. }) => RightOutcome::NotAcquired,
        (Subject::Acquisition { .. }, Unanswered::Unknown { .. }) => {
            warn!(error, "it is not known whether the right to write is ours");
            RightOutcome::AcquisitionUnknown
        }
        (Subject::Renewal { .. }, _) => {
            info!(error, "renewal failed");
            RightOutcome::NotRenewed
        }
        (Subject::Release { .. }, _) => {
            warn!(
                error,
                "the right to write could not be released; it will run out"
            );
            RightOutcome::NotReleased
        }
    }
}

fn tell(subject: &Subject) {
    match subject {
        Subject::Acquisition { cause, lease, .. } => {
            info!(epoch = lease.epoch.get(), cause, "right to write taken");
        }
        Subject::Renewal { .. } => {}
        Subject::Release { lease, detail } => {
            info!(epoch = lease.epoch.get(), detail, "right to write released");
        }
    }
}

fn lease_key(desk: &Desk) -> String {
    key::lease(&desk.settings.system, &desk.settings.database)
}

/// P1: compare-and-swap on the revision seen. The reason is in the journal by the same transaction: before
/// any action leaves this process.
fn acquire(desk: &mut Desk, now: Moment, acquisition: Acquisition) -> (Transaction, Subject) {
    let incarnation = desk.id(now.wall);
    let succession = succession(desk, now, &acquisition);
    let Acquisition {
        revision,
        mut lease,
        ..
    } = acquisition;
    lease.incarnation.clone_from(&incarnation);
    let detail = format!("{}; {}", succession.cause, succession.evidence.join("; "));
    let (entry_key, entry) =
        desk.entry(now.wall, Some(lease.epoch), "right to write taken", &detail);
    let succession_key =
        key::succession(&desk.settings.system, &desk.settings.database, lease.epoch);
    let key = lease_key(desk);
    let durable = Durability::Durable;
    let mut transaction = Transaction::new().if_modified_at(&key, revision);
    transaction = put(transaction, key, &lease, durable);
    transaction = put(transaction, succession_key, &succession, durable);
    transaction = put(transaction, entry_key, &entry, durable);
    let subject = Subject::Acquisition {
        incarnation,
        cause: succession.cause,
        lease,
    };
    (transaction, subject)
}

fn succession(desk: &Desk, now: Moment, acquisition: &Acquisition) -> Succession {
    let instants = acquisition.instants;
    let steps = [
        (Step::LastSeen, instants.last_seen_at),
        (Step::Detected, instants.detected_at),
        (Step::Decided, instants.decided_at),
        (Step::Fenced, instants.fenced_at),
    ];
    Succession {
        epoch: acquisition.lease.epoch,
        node: desk.settings.node.clone(),
        region: desk.settings.region.clone(),
        kind: acquisition.kind,
        cause: acquisition.diagnosis.to_string(),
        evidence: acquisition.evidence.clone(),
        loss_max: acquisition.loss_max,
        fork: None,
        steps: steps
            .into_iter()
            .map(|(step, at)| (step, now.wall_at(at)))
            .collect(),
    }
}

fn renew(desk: &Desk, revision: Revision, lease: Lease) -> (Transaction, Subject) {
    let key = lease_key(desk);
    let transaction = Transaction::new().if_modified_at(&key, revision);
    let transaction = put(transaction, key, &lease, Durability::Volatile);
    let subject = Subject::Renewal {
        renewal: lease.renewal,
        incarnation: lease.incarnation,
    };
    (transaction, subject)
}

fn release(
    desk: &mut Desk,
    now: Moment,
    revision: Revision,
    lease: Lease,
) -> (Transaction, Subject) {
    let detail = match &lease.state {
        LeaseState::Released {
            position: Some(at),
            to: Some(to),
        } => format!("handed to {to}; the log ends at {at}"),
        LeaseState::Released {
            position: Some(at),
            to: None,
        } => format!("the log ends at {at}"),
        LeaseState::Released { position: None, .. } | LeaseState::Held => {
            "the end of the log is not known".to_owned()
        }
    };
    let (entry_key, entry) = desk.entry(
        now.wall,
        Some(lease.epoch),
        "right to write released",
        &detail,
    );
    let key = lease_key(desk);
    let durable = Durability::Durable;
    let mut transaction = Transaction::new().if_modified_at(&key, revision);
    transaction = put(transaction, key, &lease, durable);
    transaction = put(transaction, entry_key, &entry, durable);
    (transaction, Subject::Release { lease, detail })
}
