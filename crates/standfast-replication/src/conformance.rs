//! The suite that every engine passes, against real servers: the life of a database of two nodes through
//! a failover with loss, a rejoin and a switchover home.
//!
//! It judges by what the contract says alone. It starts nothing itself: a [`Starter`] does, as the guard
//! would. Failures panic, as tests do, and name the step.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "this is a test suite in a module; a failed step ends the test"
)]

use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

use standfast_units::{Epoch, Lsn, Node, Timeline};
use tokio::time::{interval, timeout};

use crate::{
    DataFolder, Engine, LogDirection, ServerObservation, Shutdown, StartAs, Upstream, WriteCheck,
};

/// Bounds each wait for a state; generous, because it is only used up when something is wrong.
const STATE_WITHIN: Duration = Duration::from_mins(1);

/// How often a state is asked for.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Starts and ends servers, in place of a guard.
pub trait Starter {
    /// A running server.
    type Server;

    /// Starts a server and returns at once.
    fn start(&self, command: &crate::StartCommand) -> Self::Server;

    /// Ends a server, in order or by force, and returns when none of its processes is left.
    fn end(&self, server: Self::Server, how: Shutdown) -> impl Future<Output = ()>;
}

/// One node under test: its engine and where others reach its server.
#[derive(Debug, Clone)]
pub struct TestedNode<E> {
    /// The engine, with an absent data folder.
    pub engine: E,
    /// Its server's address.
    pub at: Upstream,
}

/// Takes `first` and `second` through the whole life of a database. `nowhere` is an address at which
/// nothing listens; what is kept of the surplus goes to `keep_in`.
///
/// # Panics
/// At the first step that does not do as the contract says.
pub async fn conforms<E: Engine, W: WriteCheck, S: Starter>(
    first: TestedNode<E>,
    second: TestedNode<E>,
    nowhere: Upstream,
    writes: W,
    starter: S,
    keep_in: &Path,
) {
    let suite = Suite { writes, starter };
    let a = suite.begin(&first).await;
    let b = suite.add_standby(&first, &second).await;
    suite.write_and_follow(&first, &second, 1).await;

    // The standby loses sight of the primary, which takes two more writes and crashes.
    done(
        "follow an absent primary",
        second.engine.follow(&nowhere).await,
    );
    suite
        .wait_for(&second, "a standby without a stream", |seen| {
            matches!(
                seen,
                ServerObservation::Standby {
                    streaming: false,
                    ..
                }
            )
        })
        .await;
    suite.write(&first, 2).await;
    suite.write(&first, 3).await;
    suite.starter.end(a, Shutdown::Crashed).await;
    let silent = first.engine.observe().await;
    assert!(
        matches!(silent, ServerObservation::Silent { .. }),
        "{silent:?}"
    );

    let fork = suite.fail_over(&second, Timeline::FIRST, 5).await;
    suite.write(&second, 4).await;
    suite.check_surplus(&first, fork, keep_in).await;

    // The former primary comes back as a follower, over the gap in the timelines.
    done(
        "keep log",
        second
            .engine
            .keep_log_for(std::slice::from_ref(&first.at.node))
            .await,
    );
    done("rewind", first.engine.rewind(&second.at).await);
    let refused = first.engine.set_up(&StartAs::Primary).await;
    assert!(refused.is_err(), "a rewound folder was set up as a primary");
    let a = suite.start_standby(&first, &second).await;
    suite.write_and_follow(&second, &first, 5).await;

    suite.switch_over(&second, &first, a, b).await;
}

struct Suite<W, S> {
    writes: W,
    starter: S,
}

impl<W: WriteCheck, S: Starter> Suite<W, S> {
    /// A new cluster, started, with everything that clients need, twice over.
    async fn begin<E: Engine>(&self, member: &TestedNode<E>) -> S::Server {
        let engine = &member.engine;
        assert_eq!(
            done("look at the folder", engine.folder().await),
            DataFolder::Absent
        );
        assert!(
            engine.set_up(&StartAs::Primary).await.is_err(),
            "an absent folder was set up"
        );
        done("initialise", engine.initialise().await);
        assert!(
            engine.initialise().await.is_err(),
            "a whole folder was initialised over"
        );
        let server = self.start(member, &StartAs::Primary).await;
        self.wait_for(member, "a primary", is_primary).await;
        for _ in 0..2 {
            done("provision", engine.provision().await);
        }
        self.write(member, 0).await;
        server
    }

    async fn add_standby<E: Engine>(
        &self,
        primary: &TestedNode<E>,
        standby: &TestedNode<E>,
    ) -> S::Server {
        let node = standby.at.node.clone();
        for standbys in [vec![node.clone()], vec![], vec![node.clone()], vec![node]] {
            done("keep log", primary.engine.keep_log_for(&standbys).await);
        }
        done("clone", standby.engine.clone_from(&primary.at).await);
        let state = ready(&standby.engine).await;
        assert_eq!(
            state.set_up_as,
            LogDirection::Standby,
            "a clone is a standby"
        );
        assert_eq!(
            state.system_identifier,
            ready(&primary.engine).await.system_identifier
        );
        assert!(
            standby.engine.set_up(&StartAs::Primary).await.is_err(),
            "a standby's folder was set up as a primary"
        );
        self.start_standby(standby, primary).await
    }

    async fn start_standby<E: Engine>(
        &self,
        standby: &TestedNode<E>,
        of: &TestedNode<E>,
    ) -> S::Server {
        let upstream = Some(of.at.clone());
        let server = self.start(standby, &StartAs::Standby { upstream }).await;
        self.wait_for(standby, "a streaming standby", |seen| {
            matches!(
                seen,
                ServerObservation::Standby {
                    streaming: true,
                    ..
                }
            )
        })
        .await;
        let name = standby.at.node.as_str().to_owned();
        self.wait_for(of, "the standby among the followers", |seen| {
            matches!(seen, ServerObservation::Primary { followers, .. }
                if followers.iter().any(|follower| follower.name == name))
        })
        .await;
        server
    }

    /// Writes, and waits until the standby has received and replayed all of it.
    async fn write_and_follow<E: Engine>(
        &self,
        from: &TestedNode<E>,
        to: &TestedNode<E>,
        epoch: u64,
    ) {
        self.write(from, epoch).await;
        let seen = from.engine.observe().await;
        let ServerObservation::Primary {
            timeline: on,
            position,
            ..
        } = seen
        else {
            panic!("not a primary: {seen:?}");
        };
        self.wait_for(to, "a standby without lag", |seen| {
            matches!(seen, ServerObservation::Standby { timeline, received, replayed, .. }
                if *timeline == on && *received >= position && *replayed >= position)
        })
        .await;
        let name = to.at.node.as_str().to_owned();
        self.wait_for(from, "the follower's confirmation", |seen| {
            matches!(seen, ServerObservation::Primary { followers, .. } if followers
                .iter()
                .any(|follower| follower.name == name && follower.flushed >= position))
        })
        .await;
    }

    /// Promotes onto a timeline that leaves numbers out. Asking a second time changes nothing.
    async fn fail_over<E: Engine>(&self, to: &TestedNode<E>, parent: Timeline, onto: u32) -> Lsn {
        let onto = timeline(onto);
        assert!(
            to.engine.promote(parent, STATE_WITHIN).await.is_err(),
            "promoted onto a timeline that is already written on"
        );
        let seen = to.engine.observe().await;
        let ServerObservation::Standby { received, .. } = seen else {
            panic!("not a standby: {seen:?}");
        };
        let promotion = done("promote", to.engine.promote(onto, STATE_WITHIN).await);
        assert_eq!((promotion.parent, promotion.timeline), (parent, onto));
        assert_eq!(
            promotion.fork, received,
            "the fork is where the received log ended"
        );
        assert_eq!(
            done("promote again", to.engine.promote(onto, STATE_WITHIN).await),
            promotion
        );
        let further = timeline(onto.get() + 1);
        assert!(
            to.engine.promote(further, STATE_WITHIN).await.is_err(),
            "a primary was promoted"
        );
        self.wait_for(
            to,
            "a primary on the reserved timeline",
            |seen| matches!(seen, ServerObservation::Primary { timeline, .. } if *timeline == onto),
        )
        .await;
        promotion.fork
    }

    /// The crashed former primary has exactly the two writes that the standby did not receive.
    async fn check_surplus<E: Engine>(&self, of: &TestedNode<E>, fork: Lsn, keep_in: &Path) {
        assert_eq!(ready(&of.engine).await.shutdown, Shutdown::Crashed);
        let end = done("find the end of the log", of.engine.log_end().await);
        assert_eq!(end.timeline, Timeline::FIRST);
        let surplus = of.engine.surplus(Timeline::FIRST, fork, keep_in).await;
        let surplus = done("list the surplus", surplus);
        assert_eq!(surplus.end, end.position);
        assert_eq!(surplus.bytes, end.position.since(fork));
        assert_eq!(
            (surplus.transactions, surplus.commits.len()),
            (2, 2),
            "{surplus:?}"
        );
        for commit in &surplus.commits {
            assert!(commit.position >= fork && commit.position < end.position);
            assert!(!commit.committed_at.is_empty());
        }
        let kept = std::fs::read_dir(keep_in).map_or(0, Iterator::count);
        assert!(kept > 0, "nothing was kept of the surplus");
        let none = of
            .engine
            .surplus(Timeline::FIRST, end.position, keep_in)
            .await;
        assert_eq!(done("list no surplus", none).transactions, 0);
    }

    /// A planned change: nothing is lost, and the former primary follows without a rewind.
    async fn switch_over<E: Engine>(
        &self,
        from: &TestedNode<E>,
        to: &TestedNode<E>,
        to_server: S::Server,
        from_server: S::Server,
    ) {
        done("checkpoint", from.engine.checkpoint().await);
        done("end sessions", from.engine.end_sessions().await);
        assert!(
            self.try_write(from, 6).await.is_err(),
            "a client came in past a closed door"
        );
        done("admit sessions", from.engine.admit_sessions().await);
        self.write(from, 6).await;
        done("end sessions", from.engine.end_sessions().await);
        self.starter.end(from_server, Shutdown::Clean).await;
        assert_eq!(ready(&from.engine).await.shutdown, Shutdown::Clean);
        let end = done("find the end of the log", from.engine.log_end().await);
        self.wait_for(to, "the whole log at the standby", |seen| {
            matches!(seen, ServerObservation::Standby { timeline, received, .. }
                if *timeline == end.timeline && *received == end.position)
        })
        .await;
        let onto = timeline(end.timeline.get() + 1);
        let promotion = done("promote", to.engine.promote(onto, STATE_WITHIN).await);
        assert_eq!(
            (promotion.parent, promotion.fork),
            (end.timeline, end.position)
        );
        done(
            "keep log",
            to.engine
                .keep_log_for(std::slice::from_ref(&from.at.node))
                .await,
        );
        let from_server = self.start_standby(from, to).await;
        done("drop leftovers", from.engine.keep_log_for(&[]).await);
        self.write_and_follow(to, from, 7).await;
        self.starter.end(to_server, Shutdown::Clean).await;
        self.starter.end(from_server, Shutdown::Clean).await;
        let ends = (to.engine.log_end().await, from.engine.log_end().await);
        assert_eq!(
            done("find an end", ends.0),
            done("find the other end", ends.1)
        );
    }

    async fn start<E: Engine>(&self, member: &TestedNode<E>, start_as: &StartAs) -> S::Server {
        let command = done("set up", member.engine.set_up(start_as).await);
        self.starter.start(&command)
    }

    async fn write<E>(&self, member: &TestedNode<E>, epoch: u64) {
        done("write", self.try_write(member, epoch).await);
    }

    async fn try_write<E>(&self, member: &TestedNode<E>, epoch: u64) -> Result<(), crate::Error> {
        self.writes
            .verify(member.at.address, Epoch::new(epoch))
            .await
    }

    async fn wait_for<E: Engine>(
        &self,
        member: &TestedNode<E>,
        what: &str,
        holds: impl Fn(&ServerObservation) -> bool,
    ) {
        let mut last = None;
        let waiting = async {
            let mut ask = interval(ASK_EVERY);
            loop {
                ask.tick().await;
                let seen = member.engine.observe().await;
                if holds(&seen) {
                    return;
                }
                last = Some(seen);
            }
        };
        let reached = timeout(STATE_WITHIN, waiting).await.is_ok();
        assert!(
            reached,
            "{} did not become {what}; last seen: {last:?}",
            member.at.node
        );
    }
}

fn is_primary(seen: &ServerObservation) -> bool {
    matches!(seen, ServerObservation::Primary { .. })
}

fn timeline(number: u32) -> Timeline {
    Timeline::new(number).expect("timelines of the suite are above zero")
}

async fn ready<E: Engine>(engine: &E) -> crate::FolderState {
    match done("look at the folder", engine.folder().await) {
        DataFolder::Ready(state) => state,
        other => panic!("the folder is not ready: {other:?}"),
    }
}

/// The value, or an end of the test that shows every cause.
#[track_caller]
fn done<T>(step: &str, result: Result<T, crate::Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("cannot {step}: {error} ({error:?})"),
    }
}

/// A node's name, for tests.
///
/// # Panics
/// When it is not one.
pub fn node(name: &str) -> Node {
    Node::new(name).expect("a test names its nodes by the rules")
}
