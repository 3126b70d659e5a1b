//! Getting a stopped server behind the present primary: what it alone has is written down, then it is
//! rewound or copied afresh (P14).

use standfast_record::{Durability, Fork, Loss, LostCommit, Transaction, key};
use standfast_replication::Surplus;
use standfast_units::{Epoch, Moment, Node};
use tracing::info;

use super::following::known_upstream;
use super::progress::{ActProgress, engine, mismatch};
use crate::desk::{Answered, Desk, put};
use crate::effect::EngineCall;
use crate::event::EngineAnswer;

/// Commits a record of the loss ledger lists; it says how many there are, and the log itself is kept.
/// About 20 KiB of the store, which has to hold every loss there ever was.
const LOSS_COMMITS_MAX: usize = 200;

#[derive(Debug, Clone)]
pub(super) enum Repair {
    ReadingSurplus { epoch: Epoch, fork: Fork },
    WritingLedger { transactions: u64 },
    Rewinding { source: Node },
    Copying { source: Node },
}

impl Repair {
    pub(super) fn record(desk: &mut Desk, epoch: Epoch, fork: Fork) -> ActProgress<Self> {
        let asked = EngineCall::Surplus {
            timeline: fork.parent,
            fork: fork.position,
            keep_in: desk.lost_folder(epoch),
        };
        let ticket = desk.ask_engine(asked);
        ActProgress::Going(Some(ticket), Self::ReadingSurplus { epoch, fork })
    }

    pub(super) fn rewind(desk: &mut Desk, source: Node) -> ActProgress<Self> {
        match known_upstream(desk, &source) {
            Ok(upstream) => {
                let ticket = desk.ask_engine(EngineCall::Rewind(upstream));
                ActProgress::Going(Some(ticket), Self::Rewinding { source })
            }
            Err(reason) => ActProgress::failed(reason),
        }
    }

    pub(super) fn copy(desk: &mut Desk, source: Node) -> ActProgress<Self> {
        match known_upstream(desk, &source) {
            Ok(upstream) => {
                info!(source = source.as_str(), "cloning");
                let ticket = desk.ask_engine(EngineCall::Clone(upstream));
                ActProgress::Going(Some(ticket), Self::Copying { source })
            }
            Err(reason) => ActProgress::failed(reason),
        }
    }

    pub(super) fn advance(
        self,
        desk: &mut Desk,
        now: Moment,
        answered: Answered,
    ) -> ActProgress<Self> {
        match self {
            Self::ReadingSurplus { epoch, fork } => match engine(answered) {
                Ok(EngineAnswer::Surplus(surplus)) => Self::write(desk, now, epoch, fork, surplus),
                Ok(_) => ActProgress::failed(mismatch()),
                Err(reason) => ActProgress::failed(reason),
            },
            Self::WritingLedger { transactions } => match answered {
                Answered::Transacted(Ok(_)) => {
                    info!(transactions, "surplus recorded");
                    ActProgress::completed()
                }
                Answered::Transacted(Err(unanswered)) => ActProgress::failed(unanswered.reason()),
                Answered::Read(_) | Answered::Guard(_) | Answered::Engine(_) => {
                    ActProgress::failed(mismatch())
                }
            },
            Self::Rewinding { source } => match engine(answered) {
                Ok(_) => {
                    desk.note(now.wall, None, "rewound", &format!("to what {source} has"));
                    ActProgress::completed()
                }
                Err(reason) => {
                    // Expected where rewinding cannot be trusted; the core clones instead.
                    info!(error = reason, "not rewound");
                    ActProgress::failed(reason)
                }
            },
            Self::Copying { source } => match engine(answered) {
                Ok(_) => {
                    desk.note(now.wall, None, "cloned", &format!("from {source}"));
                    ActProgress::completed()
                }
                Err(reason) => ActProgress::failed(reason),
            },
        }
    }

    fn write(
        desk: &mut Desk,
        now: Moment,
        epoch: Epoch,
        fork: Fork,
        surplus: Surplus,
    ) -> ActProgress<Self> {
        let folder = desk.lost_folder(epoch);
        let commits = surplus.commits.into_iter().take(LOSS_COMMITS_MAX);
        let loss = Loss {
            epoch,
            node: desk.settings.node.clone(),
            fork,
            end: surplus.end,
            surplus: surplus.bytes,
            transactions: surplus.transactions,
            commits: commits
                .map(|commit| LostCommit {
                    transaction: commit.transaction,
                    position: commit.position,
                    committed_at: commit.committed_at,
                })
                .collect(),
            kept_in: Some(folder.to_string_lossy().into_owned()),
            recorded_at: now.wall,
        };
        let detail = format!(
            "{} transactions in {} past {} on timeline {}; the log is kept in {}",
            loss.transactions,
            loss.surplus,
            fork.position,
            fork.parent,
            folder.display()
        );
        let (entry_key, entry) = desk.entry(now.wall, Some(epoch), "surplus recorded", &detail);
        let (system, database) = (&desk.settings.system, &desk.settings.database);
        let loss_key = key::loss(system, database, epoch, &desk.settings.node);
        let transaction = put(Transaction::new(), loss_key, &loss, Durability::Durable);
        let transaction = put(transaction, entry_key, &entry, Durability::Durable);
        let ticket = desk.transact(transaction);
        let transactions = loss.transactions;
        ActProgress::Going(Some(ticket), Self::WritingLedger { transactions })
    }
}
