//! What a controller has asked for and why, until it is answered. An answer whose ticket is not open,
//! because it came before or was never asked for, finds nothing here.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use standfast_record::Transaction;

use crate::conclusion::ConclusionRead;
use crate::effect::Effect;
use crate::note::Note;
use crate::primary::NewPrimary;
use crate::redirect::RedirectRead;
use crate::ticket::Ticket;

/// Why a key is read.
#[derive(Debug, Clone)]
pub(crate) enum ReadFor {
    /// To note a deed in it.
    Note(Note),
    /// To move the writer name.
    Redirect(NewPrimary, RedirectRead),
    /// To close the operator's request and tell people.
    Conclusion(NewPrimary, ConclusionRead),
}

/// Why a transaction is carried out.
#[derive(Debug, Clone)]
pub(crate) enum TransactionFor {
    /// It publishes what this controller sees.
    Publication,
    /// It notes a deed.
    Note(Note),
    /// It moves the writer name.
    Redirect(NewPrimary),
    /// It closes the operator's request; this is told afterwards.
    Conclusion(NewPrimary, String),
}

/// Open questions, and the effects that ask them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Awaited {
    last: Ticket,
    reads: BTreeMap<Ticket, ReadFor>,
    transactions: BTreeMap<Ticket, TransactionFor>,
    verifications: BTreeMap<Ticket, NewPrimary>,
    tidings: BTreeMap<Ticket, NewPrimary>,
    /// Of the step under way; empty between steps.
    effects: Vec<Effect>,
}

impl Awaited {
    /// Reads a key.
    pub(crate) fn read(&mut self, key: String, why: ReadFor) {
        let ticket = self.ticket();
        self.reads.insert(ticket, why);
        self.effects.push(Effect::Read { ticket, key });
    }

    /// Why a key was read.
    pub(crate) fn take_read(&mut self, ticket: Ticket) -> Option<ReadFor> {
        self.reads.remove(&ticket)
    }

    /// Carries out a transaction.
    pub(crate) fn transact(&mut self, transaction: Transaction, why: TransactionFor) {
        let ticket = self.ticket();
        self.transactions.insert(ticket, why);
        self.effects.push(Effect::Transact {
            ticket,
            transaction,
        });
    }

    /// Why a transaction was carried out.
    pub(crate) fn take_transaction(&mut self, ticket: Ticket) -> Option<TransactionFor> {
        self.transactions.remove(&ticket)
    }

    /// Verifies a new primary.
    pub(crate) fn verify(&mut self, primary: NewPrimary, server: SocketAddr) {
        let ticket = self.ticket();
        self.effects.push(Effect::Verify {
            ticket,
            node: primary.node.clone(),
            server,
            epoch: primary.epoch,
        });
        self.verifications.insert(ticket, primary);
    }

    /// Which new primary was verified.
    pub(crate) fn take_verification(&mut self, ticket: Ticket) -> Option<NewPrimary> {
        self.verifications.remove(&ticket)
    }

    /// Tells people of a new primary.
    pub(crate) fn tell(&mut self, primary: NewPrimary, text: String) {
        let ticket = self.ticket();
        self.tidings.insert(ticket, primary);
        self.effects.push(Effect::Tell { ticket, text });
    }

    /// Of which new primary people were told.
    pub(crate) fn take_tidings(&mut self, ticket: Ticket) -> Option<NewPrimary> {
        self.tidings.remove(&ticket)
    }

    /// Asks for what needs no ticket.
    pub(crate) fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// What the step under way asks for.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn ticket(&mut self) -> Ticket {
        self.last = self.last.next();
        self.last
    }
}
