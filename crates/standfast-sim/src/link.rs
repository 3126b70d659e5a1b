//! A process's end of its connection to the store: calls that are under way, and the mirror it decides
//! from.

use std::collections::BTreeMap;
use std::sync::Arc;

use standfast_record::{Batch, Connection, Revision, View};

/// What waits for an answer of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Transact,
}

#[derive(Debug)]
pub(crate) struct Link<T> {
    /// Grows whenever the connection is given up.
    pub(crate) connection: u64,
    pub(crate) connected: bool,
    view: Arc<View>,
    calls: BTreeMap<u64, (Call, T)>,
    last_call: u64,
    /// The instant at which the last thing sent to it arrives: what follows arrives later.
    pub(crate) arrives_at: u64,
}

impl<T> Link<T> {
    pub(crate) fn new() -> Self {
        Self {
            connection: 0,
            connected: false,
            view: Arc::new(View::new(Revision::default(), Connection::Lost, [])),
            calls: BTreeMap::new(),
            last_call: 0,
            arrives_at: 0,
        }
    }

    pub(crate) fn call(&mut self, call: Call, ticket: T) -> u64 {
        self.last_call += 1;
        self.calls.insert(self.last_call, (call, ticket));
        self.last_call
    }

    /// What a call is that has no answer yet.
    pub(crate) fn kind(&self, call: u64) -> Option<Call> {
        self.calls.get(&call).map(|(kind, _)| *kind)
    }

    /// The call ends: it was answered, or is given up.
    pub(crate) fn end(&mut self, call: u64) -> Option<(Call, T)> {
        self.calls.remove(&call)
    }

    /// The calls that a lost connection leaves without an answer.
    pub(crate) fn unanswered(&self) -> Vec<u64> {
        self.calls.keys().copied().collect()
    }

    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view)
    }

    pub(crate) fn begin(&mut self, view: View) {
        self.connected = true;
        self.view = Arc::new(view);
    }

    pub(crate) fn apply(&mut self, batch: &Batch) {
        Arc::make_mut(&mut self.view).apply(batch);
    }

    /// The connection is given up; what it showed last is shown on, as lost.
    pub(crate) fn lose(&mut self) {
        self.connected = false;
        self.connection += 1;
        Arc::make_mut(&mut self.view).connection = Connection::Lost;
    }
}
