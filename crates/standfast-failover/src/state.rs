//! The states of a member and the table of transitions between them. The diagram in
//! `docs/state-machine.md` is generated from this table, and every change of state is checked
//! against it, in release builds too.

use std::fmt;

/// What a member is about. Each state says whether writes are accepted here and how it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Finding out what is there: the record, the guard, the folder. No server is started; one left
    /// by a former life runs on under its guard, and accepts writes only until its deadline. Left as
    /// soon as all three are known, unless others go first for a while.
    Starting,
    /// Getting a stopped server ready to follow: inspect, record surplus, rewind or clone, start.
    /// No writes are accepted here.
    Rejoining,
    /// The server runs as a standby. No writes are accepted here. Left to take over, or to rejoin.
    Following,
    /// The store was asked for the right to write. No writes are accepted here.
    Acquiring,
    /// The right is held; the server is being created, started or promoted under the guard's deadline.
    /// Writes may be accepted here, by no other node.
    Promoting,
    /// The right is held and the server accepts writes, here and nowhere else, until the deadline.
    Leading,
    /// The right is held; the server ended, or its folder was found stopped: it is started again in
    /// place, or the right is handed to a standby that has everything (P15). Writes may be accepted
    /// here, by no other node.
    Recovering,
    /// The right is held; clients' sessions are ended and the server stops in order (P8). Writes may be
    /// accepted here, by no other node; left to release, or back to where it came from.
    SteppingDown,
    /// The right is lost, in doubt or of no use: every process of the server is being ended. Writes may
    /// be accepted until the deadline, never after it. Left only when nothing remains; what is still
    /// ours then is released.
    Fencing,
    /// Nothing runs; the right is being given up. No writes are accepted anywhere.
    Releasing,
    /// Asked to end: the server is being stopped in order. Writes may be accepted while the right is
    /// held, by no other node.
    Stopping,
    /// Nothing runs, nothing is held: the agent ends.
    Stopped,
}

impl State {
    /// Its name in logs, records and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Rejoining => "rejoining",
            Self::Following => "following",
            Self::Acquiring => "acquiring",
            Self::Promoting => "promoting",
            Self::Leading => "leading",
            Self::Recovering => "recovering",
            Self::SteppingDown => "stepping-down",
            Self::Fencing => "fencing",
            Self::Releasing => "releasing",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// What a state means for the rest of the member.
impl State {
    /// Whether the right, while it is held, is renewed. Once the server is being ended for good it is not:
    /// should this member hang, a taker waits for no more than what is left of it.
    pub(crate) fn renews(self) -> bool {
        match self {
            Self::Releasing | Self::Fencing | Self::Stopped => false,
            Self::Starting
            | Self::Rejoining
            | Self::Following
            | Self::Acquiring
            | Self::Promoting
            | Self::Leading
            | Self::Recovering
            | Self::SteppingDown
            | Self::Stopping => true,
        }
    }

    /// Whether the server is being ended already, or was, so that losing the right asks for nothing more.
    pub(crate) fn is_ending(self) -> bool {
        !self.renews()
    }

    /// Whether a change of primary waits for what the database answers next.
    pub(crate) fn awaits_database(self) -> bool {
        match self {
            Self::Promoting | Self::Recovering | Self::SteppingDown => true,
            Self::Starting
            | Self::Rejoining
            | Self::Following
            | Self::Acquiring
            | Self::Leading
            | Self::Fencing
            | Self::Releasing
            | Self::Stopping
            | Self::Stopped => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A change of state, with its reason. Each is logged and journalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// Why, for a person.
    pub why: String,
}

/// Every change of state there is, with its occasion.
pub const TRANSITIONS: &[(State, State, &str)] = &[
    (
        State::Starting,
        State::Acquiring,
        "the last holder, or the founder of a new database",
    ),
    (
        State::Starting,
        State::Rejoining,
        "another node holds the right",
    ),
    (State::Starting, State::Following, "a standby runs already"),
    (
        State::Starting,
        State::Leading,
        "our guard still holds our own right",
    ),
    (
        State::Starting,
        State::Promoting,
        "our guard still holds our own right, promotion was under way",
    ),
    (
        State::Starting,
        State::Fencing,
        "a server runs without the right",
    ),
    (State::Starting, State::Stopping, "asked to end"),
    (
        State::Rejoining,
        State::Following,
        "the server runs as a standby",
    ),
    (
        State::Rejoining,
        State::Starting,
        "the record changed; look again",
    ),
    (State::Rejoining, State::Stopping, "asked to end"),
    (State::Following, State::Acquiring, "may take over (P7)"),
    (
        State::Following,
        State::Rejoining,
        "the server stopped, or is past a fork",
    ),
    (
        State::Following,
        State::Fencing,
        "the server accepts writes without the right",
    ),
    (State::Following, State::Stopping, "asked to end"),
    (State::Acquiring, State::Promoting, "the right is ours"),
    (
        State::Acquiring,
        State::Recovering,
        "the right is ours again",
    ),
    (
        State::Acquiring,
        State::Following,
        "it is not, and the standby runs on",
    ),
    (
        State::Acquiring,
        State::Starting,
        "it is not, or the answer is lost; look again",
    ),
    (State::Acquiring, State::Fencing, "asked to end meanwhile"),
    (
        State::Promoting,
        State::Leading,
        "the server accepts writes",
    ),
    (
        State::Promoting,
        State::Fencing,
        "the right is lost, or promotion failed",
    ),
    (State::Leading, State::Recovering, "the server ended"),
    (State::Leading, State::SteppingDown, "switchover"),
    (State::Leading, State::Fencing, "the right is lost"),
    (State::Leading, State::Stopping, "asked to end"),
    (
        State::Recovering,
        State::Leading,
        "the server accepts writes again",
    ),
    (
        State::Recovering,
        State::Releasing,
        "a safe candidate takes over",
    ),
    (
        State::Recovering,
        State::Fencing,
        "the right is lost, it takes long, or it cannot be started",
    ),
    (State::SteppingDown, State::Releasing, "stopped in order"),
    (
        State::SteppingDown,
        State::Leading,
        "given up before the server stopped",
    ),
    (
        State::SteppingDown,
        State::Recovering,
        "the clean stop was late; restored in place",
    ),
    (State::SteppingDown, State::Fencing, "the right is lost"),
    (State::Fencing, State::Starting, "nothing remains"),
    (
        State::Fencing,
        State::Releasing,
        "nothing remains, and the right is still ours",
    ),
    (
        State::Fencing,
        State::Stopped,
        "nothing remains, asked to end",
    ),
    (
        State::Releasing,
        State::Starting,
        "given up, or the answer is lost; look again",
    ),
    (State::Releasing, State::Stopped, "given up, asked to end"),
    (State::Releasing, State::Fencing, "a server runs after all"),
    (State::Stopping, State::Releasing, "the primary stopped"),
    (
        State::Stopping,
        State::Fencing,
        "the right is lost, or the stop failed",
    ),
    (State::Stopping, State::Stopped, "nothing runs"),
];

/// The table as a Mermaid state diagram.
pub fn diagram() -> String {
    use fmt::Write as _;
    let mut text = String::from("stateDiagram-v2\n");
    for (from, to, why) in TRANSITIONS {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "    {} --> {}: {why}",
            from.as_str().replace('-', "_"),
            to.as_str().replace('-', "_")
        );
    }
    text
}
