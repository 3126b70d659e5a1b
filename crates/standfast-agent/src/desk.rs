//! What every act needs: the settings, the guard as last seen, and a way to ask for things.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use standfast_guard::protocol::{Reply, Request};
use standfast_record::{
    Author, Durability, Event as Entry, Ids, KeyRead, Told, Transacted, Transaction,
};
use standfast_units::{Epoch, WallTime};

use crate::effect::{Effect, EngineCall};
use crate::event::{EngineAnswer, EngineFailure, GuardFailure};
use crate::guard_view::GuardView;
use crate::settings::Settings;
use crate::ticket::{Ticket, Tickets};

/// An answer that belongs to a ticket.
#[derive(Debug, Clone)]
pub(crate) enum Answered {
    Read(KeyRead),
    Transacted(Transacted),
    Guard(Result<Reply, GuardFailure>),
    Engine(Result<EngineAnswer, EngineFailure>),
}

#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) settings: Arc<Settings>,
    pub(crate) guard: GuardView,
    pub(crate) effects: Vec<Effect>,
    tickets: Tickets,
    ids: Ids,
    author: Author,
    /// The epoch after whose promotion a checkpoint was last asked for.
    checkpointed: Option<Epoch>,
}

impl Desk {
    pub(crate) fn new(settings: Arc<Settings>, ids: Ids) -> Self {
        Self {
            author: Author::agent(&settings.system, &settings.node),
            settings,
            guard: GuardView::default(),
            effects: Vec::new(),
            tickets: Tickets::default(),
            ids,
            checkpointed: None,
        }
    }

    pub(crate) fn read(&mut self, key: String) -> Ticket {
        let ticket = self.tickets.next();
        self.effects.push(Effect::Read { ticket, key });
        ticket
    }

    pub(crate) fn transact(&mut self, transaction: Transaction) -> Ticket {
        let ticket = self.tickets.next();
        self.effects.push(Effect::Transact {
            ticket,
            transaction,
        });
        ticket
    }

    pub(crate) fn ask_guard(&mut self, request: Request, within: Option<Duration>) -> Ticket {
        let ticket = self.tickets.next();
        self.guard.asked(&request);
        self.effects.push(Effect::AskGuard {
            ticket,
            request,
            within,
        });
        ticket
    }

    pub(crate) fn ask_engine(&mut self, call: EngineCall) -> Ticket {
        self.ask_engine_within(call, None)
    }

    pub(crate) fn ask_engine_within(
        &mut self,
        call: EngineCall,
        within: Option<Duration>,
    ) -> Ticket {
        let ticket = self.tickets.next();
        self.effects.push(Effect::AskEngine {
            ticket,
            call,
            within,
        });
        ticket
    }

    pub(crate) fn kill_guard(&mut self) {
        self.effects.push(Effect::KillGuard);
    }

    /// Until the first checkpoint on the new timeline no node can be rewound to it (P14), and a crash leaves
    /// a folder that cannot follow. It may take minutes, for which no act waits.
    pub(crate) fn checkpoint_once(&mut self, epoch: Epoch) {
        if self.checkpointed.replace(epoch) != Some(epoch) {
            self.ask_engine(EngineCall::Checkpoint);
        }
    }

    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        self.effects.push(Effect::Abandon(ticket));
    }

    /// An id that no other process makes.
    pub(crate) fn id(&mut self, at: WallTime) -> String {
        self.ids.next(at)
    }

    /// An entry of the journal, to be written with what it tells of.
    pub(crate) fn entry(
        &mut self,
        at: WallTime,
        epoch: Option<Epoch>,
        what: &str,
        detail: &str,
    ) -> (String, Entry) {
        let told = Told {
            database: Some(&self.settings.database),
            epoch,
            what,
            detail,
        };
        self.author.entry(&mut self.ids, at, told)
    }

    /// Writes an entry by itself. It holds nothing up: no act waits for it.
    pub(crate) fn note(&mut self, at: WallTime, epoch: Option<Epoch>, what: &str, detail: &str) {
        let (key, entry) = self.entry(at, epoch, what, detail);
        let transaction = put(Transaction::new(), key, &entry, Durability::Volatile);
        self.transact(transaction);
    }

    /// The folder that keeps the log which the successor under `epoch` has not.
    pub(crate) fn lost_folder(&self, epoch: Epoch) -> PathBuf {
        self.settings.lost_folder.join(format!("epoch-{epoch}"))
    }
}

/// Adds the write of a record.
#[expect(
    clippy::expect_used,
    reason = "our records hold nothing that JSON cannot: numbers, texts, lists and maps with text keys"
)]
pub(crate) fn put<T: serde::Serialize>(
    transaction: Transaction,
    key: String,
    record: &T,
    durability: Durability,
) -> Transaction {
    transaction
        .put_record(key, record, durability)
        .expect("a record has a JSON form")
}
