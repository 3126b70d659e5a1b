//! What is done for a new primary, from the first write to the last word: verify and note it; move the
//! writer name; note that, close the operator's request, tell people and note that too. Each question
//! waits for the answer to the one before.

use standfast_failover::RedirectInput;
use standfast_record::{Author, Completing, Ids, KeyRead, Told, Transacted, Transaction};
use standfast_units::{Database, System, WallTime, chain};
use tracing::{debug, info, warn};

use crate::awaited::{Awaited, ReadFor, TransactionFor};
use crate::conclusion::{ConclusionNext, ConclusionRead, not_closed};
use crate::effect::Effect;
use crate::note::{Deed, Note};
use crate::primary::NewPrimary;
use crate::redirect::{self, RedirectNext, RedirectRead};
use crate::settings::Settings;
use crate::ticket::Ticket;

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Nothing yet, or nothing that anything else depends on.
    Nothing,
    /// The publication has ended.
    Published(Result<(), String>),
    /// The core of a database is to be told.
    Redirector(Database, RedirectInput),
}

/// Everything a controller has under way for new primaries.
#[derive(Debug, Clone)]
pub(crate) struct Errands {
    system: System,
    author: Author,
    ids: Ids,
    awaited: Awaited,
}

impl Errands {
    pub(crate) fn new(system: &System, author: Author, ids: Ids) -> Self {
        Self {
            system: system.clone(),
            author,
            ids,
            awaited: Awaited::default(),
        }
    }

    /// What the step under way asks for.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        self.awaited.take_effects()
    }

    /// Asks for what needs no ticket.
    pub(crate) fn ask(&mut self, effect: Effect) {
        self.awaited.ask(effect);
    }

    /// Publishes what this controller sees.
    pub(crate) fn publish(&mut self, transaction: Transaction) {
        self.awaited
            .transact(transaction, TransactionFor::Publication);
    }

    /// P13: a write, read back through the path clients use, under the new epoch.
    pub(crate) fn verify(&mut self, settings: &Settings, primary: NewPrimary) -> Reached {
        let Some(place) = settings.place(&primary.database, &primary.node) else {
            let reason = format!("{} is not known", primary.node);
            return not_verified(primary, reason);
        };
        self.awaited.verify(primary, place.server);
        Reached::Nothing
    }

    /// Moves the writer name, after a verification under the same epoch.
    pub(crate) fn redirect(&mut self, primary: NewPrimary) {
        self.read_for_redirect(primary, RedirectRead::Lease);
    }

    /// A verification has ended.
    pub(crate) fn verified(
        &mut self,
        at: WallTime,
        ticket: Ticket,
        result: Result<(), String>,
    ) -> Reached {
        match (self.awaited.take_verification(ticket), result) {
            (Some(primary), Ok(())) => self.note(at, primary, Deed::Verified),
            (Some(primary), Err(reason)) => not_verified(primary, reason),
            (None, _) => Reached::Nothing,
        }
    }

    /// A key was read.
    pub(crate) fn read(&mut self, at: WallTime, ticket: Ticket, read: KeyRead) -> Reached {
        match self.awaited.take_read(ticket) {
            Some(ReadFor::Note(mut note)) => {
                let next = note.completion.read(read);
                self.note_on(note, next)
            }
            Some(ReadFor::Redirect(primary, what)) => match what.answered(&primary, read) {
                Ok(next) => self.redirect_on(at, primary, next),
                Err(reason) => not_redirected(primary, &reason),
            },
            Some(ReadFor::Conclusion(primary, what)) => {
                let next = what.answered(&self.system, &primary, read);
                self.conclude_on(primary, next);
                Reached::Nothing
            }
            None => Reached::Nothing,
        }
    }

    /// A transaction has ended.
    pub(crate) fn transacted(
        &mut self,
        at: WallTime,
        ticket: Ticket,
        transacted: Transacted,
    ) -> Reached {
        match self.awaited.take_transaction(ticket) {
            Some(TransactionFor::Publication) => {
                let result = transacted.map(|_| ());
                Reached::Published(result.map_err(|unanswered| unanswered.reason().to_owned()))
            }
            Some(TransactionFor::Note(mut note)) => {
                let next = note.completion.transacted(transacted);
                self.note_on(note, next)
            }
            Some(TransactionFor::Redirect(primary)) => match transacted {
                Ok(outcome) if outcome.succeeded => self.moved(at, primary),
                Ok(_) => not_redirected(primary, "another controller moved the name"),
                Err(unanswered) => not_redirected(primary, unanswered.reason()),
            },
            Some(TransactionFor::Conclusion(primary, text)) => {
                if let Err(unanswered) = transacted {
                    not_closed(unanswered.reason());
                }
                self.awaited.tell(primary, text);
                Reached::Nothing
            }
            None => Reached::Nothing,
        }
    }

    /// People were told, or could not be.
    pub(crate) fn told(
        &mut self,
        at: WallTime,
        ticket: Ticket,
        result: Result<(), String>,
    ) -> Reached {
        match (self.awaited.take_tidings(ticket), result) {
            (Some(primary), Ok(())) => self.note(at, primary, Deed::Notified),
            (Some(_), Err(reason)) => {
                warn!(reason, "people could not be told");
                Reached::Nothing
            }
            (None, _) => Reached::Nothing,
        }
    }

    fn note(&mut self, at: WallTime, primary: NewPrimary, deed: Deed) -> Reached {
        let (note, next) = Note::new(&self.system, primary, deed, at);
        self.note_on(note, next)
    }

    fn note_on(&mut self, note: Note, next: Completing) -> Reached {
        let result = match next {
            Completing::Read(key) => {
                self.awaited.read(key, ReadFor::Note(note));
                return Reached::Nothing;
            }
            Completing::Transact(transaction) => {
                self.awaited
                    .transact(transaction, TransactionFor::Note(note));
                return Reached::Nothing;
            }
            Completing::Done => Ok(()),
            Completing::Failed(reason) => Err(reason),
        };
        let primary = note.primary;
        match (note.deed, result) {
            (Deed::Verified, Ok(())) => {
                let input = RedirectInput::Verified(primary.epoch);
                Reached::Redirector(primary.database, input)
            }
            (Deed::Verified, Err(reason)) => not_verified(primary, reason),
            (Deed::Redirected, result) => {
                if let Err(error) = result {
                    warn!(error, "the redirect was not noted");
                }
                let first = ConclusionNext::Read(ConclusionRead::Request);
                self.conclude_on(primary, first);
                Reached::Nothing
            }
            (Deed::Notified, Ok(())) => Reached::Nothing,
            (Deed::Notified, Err(error)) => {
                warn!(error, "that people were told was not noted");
                Reached::Nothing
            }
        }
    }

    fn redirect_on(&mut self, at: WallTime, primary: NewPrimary, next: RedirectNext) -> Reached {
        match next {
            RedirectNext::Read(what) => {
                self.read_for_redirect(primary, what);
                Reached::Nothing
            }
            RedirectNext::AlreadyThere => redirected(&primary),
            RedirectNext::Write(writer, writer_at) => {
                let detail = redirect::detail(&writer);
                let told = Told {
                    database: Some(&primary.database),
                    epoch: Some(primary.epoch),
                    what: "writer name moved",
                    detail: &detail,
                };
                let entry = self.author.entry(&mut self.ids, at, told);
                let transaction =
                    redirect::transaction(&self.system, &primary, &writer, writer_at, entry);
                match transaction {
                    Ok(transaction) => {
                        let why = TransactionFor::Redirect(primary);
                        self.awaited.transact(transaction, why);
                        Reached::Nothing
                    }
                    Err(error) => not_redirected(primary, &chain(&error)),
                }
            }
        }
    }

    fn read_for_redirect(&mut self, primary: NewPrimary, what: RedirectRead) {
        let key = what.key(&self.system, &primary);
        self.awaited.read(key, ReadFor::Redirect(primary, what));
    }

    /// The name was moved from here, so what follows is done from here as well.
    fn moved(&mut self, at: WallTime, primary: NewPrimary) -> Reached {
        let NewPrimary {
            database,
            epoch,
            node,
        } = &primary;
        info!(%database, epoch = epoch.get(), node = node.as_str(), "writer name moved");
        let reached = redirected(&primary);
        // A note begins with a read, so this reaches nothing yet.
        self.note(at, primary, Deed::Redirected);
        reached
    }

    fn conclude_on(&mut self, primary: NewPrimary, next: ConclusionNext) {
        match next {
            ConclusionNext::Read(what) => {
                let key = what.key(&self.system, &primary);
                self.awaited.read(key, ReadFor::Conclusion(primary, what));
            }
            ConclusionNext::Close(transaction, text) => {
                let why = TransactionFor::Conclusion(primary, text);
                self.awaited.transact(transaction, why);
            }
            ConclusionNext::Tell(text) => self.awaited.tell(primary, text),
        }
    }
}

fn not_verified(primary: NewPrimary, reason: String) -> Reached {
    let epoch = primary.epoch;
    Reached::Redirector(
        primary.database,
        RedirectInput::NotVerified { epoch, reason },
    )
}

fn redirected(primary: &NewPrimary) -> Reached {
    let input = RedirectInput::Redirected(primary.epoch);
    Reached::Redirector(primary.database.clone(), input)
}

fn not_redirected(primary: NewPrimary, error: &str) -> Reached {
    debug!(error, "not redirected");
    let input = RedirectInput::NotRedirected(primary.epoch);
    Reached::Redirector(primary.database, input)
}
