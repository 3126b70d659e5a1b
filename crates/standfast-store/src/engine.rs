//! The task that evaluates requests, and the thread that commits. The task never waits for the disk.

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use standfast_record::{Read, Snapshot, TransactionOutcome};

use crate::defaults::FLUSH_EVERY;
use crate::disk::Disk;
use crate::failure::Failure;
use crate::machine::{Commit, Flush, Loaded, Machine};
use crate::watchers::{Events, Watchers};
use crate::wire::WireRequest;

/// Why the engine ended before it was told to.
#[derive(Debug)]
pub(super) enum Fault {
    /// A commit failed.
    Commit(redb::Error),
    /// The thread could not be started.
    Spawn(std::io::Error),
    /// The thread ended by itself; it must have panicked.
    Thread,
}

/// What is asked, and whom to tell.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: WireRequest,
    pub(super) reply: Reply,
}

/// Where an answer goes: the connection's queue, which holds a place for every unanswered request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) id: u64,
    pub(super) answers: mpsc::Sender<(u64, Answer)>,
}

impl Reply {
    fn send(self, answer: Answer) {
        // A connection that is gone needs no answer.
        let _ = self.answers.try_send((self.id, answer));
    }
}

#[derive(Debug)]
pub(super) enum Answer {
    Read(Read),
    Snapshot(Snapshot),
    Outcome(TransactionOutcome),
    Watching(Events),
    Failed(Failure),
}

/// Serves until all senders of `asked` are gone; then what was taken up is committed and the file
/// closed.
pub(super) async fn run(
    disk: Disk,
    loaded: Loaded,
    mut asked: mpsc::Receiver<Asked>,
) -> Result<(), Fault> {
    let (commits, mut done) = start_writer(disk)?;
    let (mut machine, first) = Machine::recover(loaded);
    let mut watchers = Watchers::default();
    commits.send(first).map_err(|_| Fault::Thread)?;
    finished(done.recv().await)?;

    let mut flush = tokio::time::interval(FLUSH_EVERY);
    flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut flush_now = Flush::WithNextCommit;
        tokio::select! {
            biased;
            result = done.recv() => {
                finished(result)?;
                machine.finish_commit();
            }
            _ = flush.tick() => flush_now = Flush::Now,
            next = asked.recv() => match next {
                Some(asked) => take_up(&mut machine, &mut watchers, asked),
                None => break,
            },
        }
        advance(&mut machine, &mut watchers, &commits, flush_now)?;
    }
    while machine.is_busy() {
        finished(done.recv().await)?;
        machine.finish_commit();
        advance(&mut machine, &mut watchers, &commits, Flush::WithNextCommit)?;
    }
    if let Some(commit) = machine.begin_commit(Flush::Now) {
        commits.send(commit).map_err(|_| Fault::Thread)?;
        finished(done.recv().await)?;
    }
    // The thread closes the file and then its end of the channel.
    drop(commits);
    while done.recv().await.is_some() {}
    Ok(())
}

fn take_up(machine: &mut Machine<Reply>, watchers: &mut Watchers, Asked { request, reply }: Asked) {
    match request {
        WireRequest::Get { key } => reply.send(Answer::Read(machine.get(&key))),
        WireRequest::Range { prefix } => reply.send(Answer::Snapshot(machine.range(&prefix))),
        WireRequest::Transact { transaction } => machine.transact(transaction, reply),
        // All that was published has been handed on, so nothing falls between the past and what follows.
        WireRequest::Watch { prefix, after } => reply.send(match machine.since(&prefix, after) {
            Ok(past) => Answer::Watching(watchers.begin(prefix, past)),
            Err(failure) => Answer::Failed(failure),
        }),
    }
}

/// Hands on what was published, sends the outcomes there are and begins a commit if one is due.
fn advance(
    machine: &mut Machine<Reply>,
    watchers: &mut Watchers,
    commits: &std::sync::mpsc::Sender<Commit>,
    flush: Flush,
) -> Result<(), Fault> {
    for batch in machine.take_published() {
        watchers.publish(&batch);
    }
    for (reply, outcome) in machine.take_answers() {
        reply.send(match outcome {
            Ok(outcome) => Answer::Outcome(outcome),
            Err(failure) => Answer::Failed(failure),
        });
    }
    match machine.begin_commit(flush) {
        Some(commit) => commits.send(commit).map_err(|_| Fault::Thread),
        None => Ok(()),
    }
}

fn finished(result: Option<Result<(), redb::Error>>) -> Result<(), Fault> {
    result.ok_or(Fault::Thread)?.map_err(Fault::Commit)
}

type Writer = (
    std::sync::mpsc::Sender<Commit>,
    mpsc::Receiver<Result<(), redb::Error>>,
);

fn start_writer(disk: Disk) -> Result<Writer, Fault> {
    let (commits, next) = std::sync::mpsc::channel::<Commit>();
    // At most one commit is under way.
    let (done, finished) = mpsc::channel(1);
    std::thread::Builder::new()
        .name("store-disk".to_owned())
        .spawn(move || {
            for commit in next {
                if done.blocking_send(disk.commit(&commit)).is_err() {
                    break;
                }
            }
            drop(disk);
            drop(done);
        })
        .map_err(Fault::Spawn)?;
    Ok((commits, finished))
}
