//! Faults: the processes of one region or of one server in it, killed, stopped or starved all at once.
//!
//! Which processes these are, `status` says, and for each of them every descendant. A process that
//! status names is touched only if it was already running when status was published: a later one has
//! merely inherited the number. The supervisor, the store, this process and the first of the machine are
//! never touched.
//!
//! The list is made beforehand; the signals go out in one tight loop; then the machine is looked over
//! again until nothing is left, because a server may have forked while the list was made.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::Signal;
use standfast_units::{Node, Region, Timestamp};

use crate::clock;
use crate::defaults;
use crate::error::Error;
use crate::process::{self, Handle, ProcessIdentity, ProcessStat, Workplace};
use crate::status::PublishedStatus;

/// A process that `status` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedProcess {
    pub(crate) pid: u32,
    /// What status calls it.
    pub(crate) what: String,
    /// When the record that names it was published.
    pub(crate) published_at: Timestamp,
    /// Whether it is the first process of a database, whose orphans are recognised by their folder.
    pub(crate) kind: ProcessKind,
}

/// What kind of process `status` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessKind {
    /// The first process of a database server.
    Database,
    /// One of the product's own.
    Product,
}

/// The processes that a fault reaches in a region, and those of the system that it may not touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Victims {
    pub(crate) region: Region,
    pub(crate) named: Vec<NamedProcess>,
    pub(crate) spared: BTreeSet<u32>,
}

impl Victims {
    /// Everything `status` names in `region`.
    pub(crate) fn of(status: &PublishedStatus, region: &Region, clock: &clock::ClockPair) -> Self {
        let at = clock.instant(status.at_ms.as_unix_ms().saturating_mul(1_000));
        let aged = |age_ms| at.before(Duration::from_millis(age_ms));
        let mut named = Vec::new();
        let mut add = |pid: Option<u32>, what: String, published_at, kind| {
            named.extend(pid.map(|pid| NamedProcess {
                pid,
                what,
                published_at,
                kind,
            }));
        };
        for place in status
            .regions
            .iter()
            .filter(|place| place.region == *region)
        {
            if let Some(controller) = &place.controller {
                let what = format!("controller of {region}");
                add(
                    Some(controller.pid),
                    what,
                    aged(controller.age_ms),
                    ProcessKind::Product,
                );
            }
            if let Some(relay) = &place.relay {
                add(
                    relay.pid,
                    format!("relay of {region}"),
                    at,
                    ProcessKind::Product,
                );
            }
        }
        let nodes = status.databases.iter().flat_map(|database| &database.nodes);
        for node in nodes.filter(|node| node.region == *region) {
            let published_at = aged(node.age_ms);
            let name = &node.node;
            add(
                node.pids.agent,
                format!("agent of {name}"),
                published_at,
                ProcessKind::Product,
            );
            add(
                node.pids.guard,
                format!("guard of {name}"),
                published_at,
                ProcessKind::Product,
            );
            add(
                node.pids.database,
                format!("database of {name}"),
                published_at,
                ProcessKind::Database,
            );
        }
        let store = status.processes.store.as_ref().and_then(|store| store.pid);
        let spared = [
            Some(1),
            Some(std::process::id()),
            status.processes.up,
            store,
        ];
        Self {
            region: region.clone(),
            named,
            spared: spared.into_iter().flatten().collect(),
        }
    }

    /// The database server of `node`, which is in `region`. All else that `status` names there is spared.
    pub(crate) fn server_of(
        status: &PublishedStatus,
        region: &Region,
        node: &Node,
        clock: &clock::ClockPair,
    ) -> Result<Self, Error> {
        let mut nodes = status.databases.iter().flat_map(|database| &database.nodes);
        let server = nodes
            .find(|found| found.node == *node)
            .and_then(|found| found.pids.database)
            .ok_or_else(|| Error::NotReady {
                waited: Duration::ZERO,
                lacking: format!("the process of {node}'s database server in `status`"),
            })?;
        let all = Self::of(status, region, clock);
        let (named, others): (Vec<_>, Vec<_>) =
            all.named.into_iter().partition(|named| named.pid == server);
        let mut spared = all.spared;
        spared.extend(others.iter().map(|other| other.pid));
        Ok(Self {
            region: all.region,
            named,
            spared,
        })
    }

    /// Finds the processes named and checks that each is the one that was meant.
    fn roots(&self) -> Result<(BTreeSet<ProcessIdentity>, BTreeSet<Workplace>), Error> {
        let mut roots = BTreeSet::new();
        let mut places = BTreeSet::new();
        for named in &self.named {
            let refuse = |why: &str| Error::NotOurs {
                pid: named.pid,
                what: named.what.clone(),
                why: why.to_owned(),
            };
            if self.spared.contains(&named.pid) {
                return Err(refuse("it belongs to no region"));
            }
            let stat = process::stat(named.pid)
                .map_err(failed("look at a process"))?
                .ok_or_else(|| refuse("it is not running"))?;
            if stat.started_at() > named.published_at.after(process::tick()) {
                return Err(refuse("it was started after the report that names it"));
            }
            if named.kind == ProcessKind::Database {
                places.extend(process::place(named.pid));
            }
            roots.insert(stat.identity);
        }
        Ok((roots, places))
    }

    /// Opens every process of the region that is not among `known` and runs still.
    fn collect(
        &self,
        roots: &BTreeSet<ProcessIdentity>,
        places: &BTreeSet<Workplace>,
        known: &BTreeSet<ProcessIdentity>,
    ) -> Result<Vec<Handle>, Error> {
        let all = process::all().map_err(failed("list the processes"))?;
        // What descended from a process that is gone has another parent now. A server's processes run
        // its program in its data folder.
        let mut ours: BTreeSet<ProcessIdentity> = roots.union(known).copied().collect();
        if !places.is_empty() {
            let orphans = all.iter().filter(|stat| {
                process::place(stat.identity.pid).is_some_and(|place| places.contains(&place))
            });
            ours.extend(orphans.map(|stat| stat.identity));
        }
        let fresh = |stat: &ProcessStat| {
            !stat.has_ended()
                && !known.contains(&stat.identity)
                && !self.spared.contains(&stat.identity.pid)
        };
        let mut handles = Vec::new();
        for stat in process::family(&all, &ours).into_iter().filter(fresh) {
            handles.extend(Handle::open(stat.identity).map_err(failed("open a process"))?);
        }
        Ok(handles)
    }
}

/// What a fault was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Struck {
    /// Before the first signal.
    pub(crate) at: Timestamp,
    /// When every process had been signalled, those that appeared meanwhile included.
    pub(crate) done_at: Timestamp,
    /// How many processes there were.
    pub(crate) processes: usize,
}

/// Kills every process of a region and returns when none is left.
pub(crate) fn kill(victims: &Victims) -> Result<Struck, Error> {
    let (roots, places) = victims.roots()?;
    let mut known = BTreeSet::new();
    let mut handles = victims.collect(&roots, &places, &known)?;
    let at = clock::now();
    signal(&handles, Signal::KILL)?;
    let deadline = at.after(defaults::SIGNAL_WITHIN);
    loop {
        known.extend(handles.iter().map(|handle| handle.identity));
        let more = victims.collect(&roots, &places, &known)?;
        signal(&more, Signal::KILL)?;
        let nothing_new = more.is_empty();
        handles.extend(more);
        let left = remaining(&handles).map_err(failed("look at a process"))?;
        let now = clock::now();
        if left == 0 && nothing_new {
            return Ok(Struck {
                at,
                done_at: now,
                processes: handles.len(),
            });
        }
        if now > deadline {
            return Err(Error::Escaped {
                region: victims.region.clone(),
                left,
                waited: defaults::SIGNAL_WITHIN,
            });
        }
        std::thread::yield_now();
    }
}

/// A frozen region. Dropping it lets the region continue.
#[derive(Debug)]
pub(crate) struct Frozen {
    handles: Vec<Handle>,
    pub(crate) struck: Struck,
}

impl Frozen {
    /// Lets all processes continue, in the order they were stopped in, and tells when the first did.
    pub(crate) fn thaw(mut self) -> Result<Timestamp, Error> {
        let at = clock::now();
        let handles = std::mem::take(&mut self.handles);
        let thawed = signal(&handles, Signal::CONT);
        if thawed.is_err() {
            // What did not work now is tried again when `self` goes.
            self.handles = handles;
        }
        thawed.map(|()| at)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for handle in &self.handles {
            if let Err(error) = handle.signal(Signal::CONT) {
                tracing::error!(pid = handle.identity.pid, %error, "process stays stopped");
            }
        }
    }
}

/// Stops every process of a region and returns when all are stopped.
pub(crate) fn freeze(victims: &Victims) -> Result<Frozen, Error> {
    let (roots, places) = victims.roots()?;
    stop(victims, &roots, &places)
}

/// Processes that run for a part of the time only. Dropping it lets them run freely.
#[derive(Debug)]
pub(crate) struct Starved {
    /// Its end ends the rhythm.
    ends: Option<Sender<()>>,
    rhythm: Option<JoinHandle<Result<Timestamp, Error>>>,
    pub(crate) struck: Struck,
}

impl Starved {
    /// Lets all processes run freely, and tells since when they do.
    pub(crate) fn relent(mut self) -> Result<Timestamp, Error> {
        self.end()
    }

    fn end(&mut self) -> Result<Timestamp, Error> {
        drop(self.ends.take());
        let ended = self.rhythm.take().map(JoinHandle::join);
        match ended {
            Some(Ok(ended)) => ended,
            // Its processes were continued when it unwound.
            Some(Err(_)) => Err(failed("keep the rhythm of stops")(io::Error::other(
                "its thread panicked",
            ))),
            None => Ok(clock::now()),
        }
    }
}

impl Drop for Starved {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "the rhythm of stops had ended before");
        }
    }
}

/// Stops every process, and from then on lets them go on and stops them by turns; returns when all are
/// stopped for the first time.
///
/// Each turn looks for the processes anew, so that sessions that began meanwhile, and a server that was
/// started again in the same folder, are starved as well.
pub(crate) fn starve(victims: Victims) -> Result<Starved, Error> {
    let (roots, places) = victims.roots()?;
    let mut frozen = stop(&victims, &roots, &places)?;
    let struck = frozen.struck;
    let (ends, end) = std::sync::mpsc::channel();
    let is_over = move |within| end.recv_timeout(within) != Err(RecvTimeoutError::Timeout);
    let rhythm = move || {
        loop {
            let over = is_over(defaults::STARVED_STOPPED);
            let at = frozen.thaw()?;
            if over {
                return Ok(at);
            }
            if is_over(defaults::STARVED_RUNNING) {
                return Ok(clock::now());
            }
            frozen = stop(&victims, &roots, &places)?;
        }
    };
    let rhythm = std::thread::Builder::new()
        .name("starve".to_owned())
        .spawn(rhythm)
        .map_err(failed("start a thread"))?;
    Ok(Starved {
        ends: Some(ends),
        rhythm: Some(rhythm),
        struck,
    })
}

/// A stopped process cannot fork, so looking again until nothing new is found ends.
fn stop(
    victims: &Victims,
    roots: &BTreeSet<ProcessIdentity>,
    places: &BTreeSet<Workplace>,
) -> Result<Frozen, Error> {
    let first = victims.collect(roots, places, &BTreeSet::new())?;
    let at = clock::now();
    let mut frozen = Frozen {
        handles: first,
        struck: Struck {
            at,
            done_at: at,
            processes: 0,
        },
    };
    signal(&frozen.handles, Signal::STOP)?;
    loop {
        let known = frozen
            .handles
            .iter()
            .map(|handle| handle.identity)
            .collect();
        let more = victims.collect(roots, places, &known)?;
        let signalled = signal(&more, Signal::STOP);
        let found = more.len();
        frozen.handles.extend(more);
        signalled?;
        if found == 0 {
            break;
        }
        if clock::now() > at.after(defaults::SIGNAL_WITHIN) {
            return Err(Error::Escaped {
                region: victims.region.clone(),
                left: found,
                waited: defaults::SIGNAL_WITHIN,
            });
        }
    }
    frozen.struck.done_at = clock::now();
    frozen.struck.processes = frozen.handles.len();
    Ok(frozen)
}

fn signal(handles: &[Handle], signal: Signal) -> Result<(), Error> {
    let mut first_failure = Ok(());
    for handle in handles {
        let sent = handle.signal(signal).map_err(failed("signal a process"));
        // One that cannot be signalled must not spare the others.
        if first_failure.is_ok() {
            first_failure = sent;
        }
    }
    first_failure
}

fn remaining(handles: &[Handle]) -> io::Result<usize> {
    let mut left = 0;
    for handle in handles {
        if handle.stat()?.is_some_and(|stat| !stat.has_ended()) {
            left += 1;
        }
    }
    Ok(left)
}

fn failed(what: &str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Process {
        what: what.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
