//! What may happen next.

use std::sync::Arc;

use standfast_agent::{EngineAnswer, EngineFailure, Event as AgentEvent, Ticket};
use standfast_controller::Event as ControllerEvent;
use standfast_guard::protocol::Message;
use standfast_proxy::Sighting;
use standfast_record::{Batch, KeyRead, Transacted, Transaction, View};
use standfast_units::{Epoch, Node as Name, Timeline, Timestamp};

use crate::node::ToGuard;
use crate::store::Process;

/// The store's answer to a call.
#[derive(Debug, Clone)]
pub(crate) enum StoreAnswer {
    Read(KeyRead),
    Transacted(Transacted),
}

/// What the store is asked.
#[derive(Debug, Clone)]
pub(crate) enum StoreQuestion {
    Read(String),
    Transact(Transaction),
}

#[derive(Debug)]
pub(crate) enum Happening {
    // The store and its connections. A process is meant in one of its lives, by its number.
    StoreHears {
        process: Process,
        life: u64,
        call: u64,
        question: StoreQuestion,
    },
    StoreAnswers {
        process: Process,
        life: u64,
        call: u64,
        answer: StoreAnswer,
    },
    /// A call is not waited for any more.
    CallIsLate {
        process: Process,
        life: u64,
        call: u64,
    },
    CommitIsDone {
        store_life: u64,
    },
    Flush,
    StoreIsBack,
    Connect {
        process: Process,
        life: u64,
    },
    SnapshotArrives {
        process: Process,
        life: u64,
        connection: u64,
        store_life: u64,
        view: Box<View>,
    },
    BatchArrives {
        process: Process,
        life: u64,
        connection: u64,
        batch: Arc<Batch>,
    },
    ConnectionIsGone {
        process: Process,
        life: u64,
        connection: u64,
    },
    /// The connection has been silent for as long as its owner bears.
    Silence {
        process: Process,
        life: u64,
        connection: u64,
    },

    // Agents.
    AgentStarts {
        node: usize,
        life: u64,
    },
    AgentWakes {
        node: usize,
        life: u64,
        at: u64,
    },
    AgentHears {
        node: usize,
        life: u64,
        event: Box<AgentEvent>,
    },
    Observe {
        node: usize,
        life: u64,
    },
    EngineActs {
        node: usize,
        life: u64,
        ticket: Ticket,
    },
    EngineAnswers {
        node: usize,
        life: u64,
        ticket: Ticket,
        answer: Box<Result<EngineAnswer, EngineFailure>>,
    },

    // Guards.
    GuardStarts {
        node: usize,
    },
    GuardConnects {
        node: usize,
        life: u64,
    },
    GuardWakes {
        node: usize,
        guard_life: u64,
        at: u64,
    },
    GuardHears {
        node: usize,
        guard_life: u64,
        connection: u64,
        request: Box<ToGuard>,
    },
    GuardSays {
        node: usize,
        life: u64,
        connection: u64,
        ticket: Option<Ticket>,
        message: Box<Message>,
    },
    GuardIsLate {
        node: usize,
        life: u64,
        ticket: Ticket,
    },

    // Servers.
    ServerIsUp {
        node: usize,
        server_life: u64,
    },
    ServerStops {
        node: usize,
        server_life: u64,
    },
    LeavesRecovery {
        node: usize,
        server_life: u64,
        timeline: Timeline,
    },
    EndOfRecovery {
        node: usize,
        server_life: u64,
        timeline: Timeline,
    },
    /// What its log says of a promotion is looked up, and the engine answers.
    PromotionIsSeen {
        node: usize,
        life: u64,
        ticket: Ticket,
        timeline: Timeline,
    },
    Replicate,
    ClientsWrite,

    // Controllers.
    ControllerStarts {
        region: usize,
        life: u64,
    },
    ControllerWakes {
        region: usize,
        life: u64,
        at: u64,
    },
    ControllerHears {
        region: usize,
        life: u64,
        event: Box<ControllerEvent>,
    },
    Probe {
        region: usize,
        life: u64,
    },
    VerifyActs {
        region: usize,
        life: u64,
        ticket: standfast_controller::Ticket,
        node: Name,
        epoch: Epoch,
    },

    // Proxies, and the clients behind them.
    ProxyPolls {
        region: usize,
    },
    StoreIsRead {
        region: usize,
        sent_at: Timestamp,
    },
    ProxyHears {
        region: usize,
        sent_at: Timestamp,
        sighting: Box<Sighting>,
    },
    AnswerArrives {
        region: usize,
        epoch: Epoch,
        record: u64,
    },

    // Faults, by their number in the schedule.
    Strike(usize),
    Mend(usize),
}
