//! The load: clients that write one row after the other and keep a history of it.
//!
//! Each client makes an attempt every `clients / writes_per_second` seconds, on a schedule of its own
//! that is shifted against the others', and one at a time: while an attempt waits, the ticks it misses
//! are skipped. A row is attempted once; the next attempt writes the next row.
//!
//! Clients with an even number stay connected: they connect before the fault and again only when their
//! connection fails or an attempt gets no answer. Those with an odd number connect anew before every
//! fifth write. Within each half, paths go round in the order of [`STAYS`] and [`CONNECTS_ANEW`].
//!
//! Where the scenario says [`Pin::Stay`], the direct clients that stay connected are [`Habit::Pinned`].

use std::net::SocketAddr;
use std::time::Duration;

use standfast_units::{Node, Timeline, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::defaults;
use crate::error::Error;
use crate::history::{Attempt, AttemptOutcome, ClientHistory, Habit, Path};
use crate::route::{ClientRoute, Doors};
use crate::rows::DrillTable;
use crate::scenario::script::Pin;
use crate::session::{SqlSession, Written, describe, is_read_only};
use crate::settings::LoadPlan;

/// Paths of the clients that stay connected. Two in four are direct, so that eight clients leave two
/// pinned to a frozen primary.
const STAYS: [Path; 4] = [Path::Direct, Path::Proxy, Path::Dns, Path::Direct];

/// Paths of the clients that connect anew.
const CONNECTS_ANEW: [Path; 4] = [Path::Dns, Path::Proxy, Path::Direct, Path::Proxy];

/// How often the drill checks that it is being scheduled itself.
const STALL_TICK: Duration = Duration::from_millis(10);

/// What the clients that measure have seen so far, all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Acknowledgements, by path in the order of [`Path::ALL`].
    pub(crate) acknowledged: [u64; 3],
    /// When the last one arrived.
    pub(crate) last_at: Option<Timestamp>,
    /// The newest timeline acknowledged for, and when it first was.
    pub(crate) newest: Option<(Timeline, Timestamp)>,
}

impl Tally {
    fn count(&mut self, path: Path, at: Timestamp, timeline: Timeline) {
        let index = match path {
            Path::Dns => 0,
            Path::Proxy => 1,
            Path::Direct => 2,
        };
        self.acknowledged[index] += 1;
        self.last_at = Some(at);
        if self.newest.is_none_or(|(newest, _)| timeline > newest) {
            self.newest = Some((timeline, at));
        }
    }
}

/// Where the clients go.
#[derive(Debug, Clone)]
pub(crate) struct LoadTarget {
    pub(crate) doors: Doors,
    /// The primary before the fault.
    pub(crate) primary: Node,
    pub(crate) primary_address: SocketAddr,
    /// Whether the direct clients that stay connected stay whatever happens.
    pub(crate) pin: Pin,
}

/// A running load. Dropping it ends the clients.
#[derive(Debug)]
pub(crate) struct WriteLoad {
    clients: JoinSet<ClientHistory>,
    stop: watch::Sender<bool>,
    tally: watch::Receiver<Tally>,
    stall: watch::Receiver<Duration>,
    watcher: JoinSet<()>,
}

/// What a load brought.
#[derive(Debug)]
pub(crate) struct Harvest {
    pub(crate) histories: Vec<ClientHistory>,
    /// When the clients were told to stop.
    pub(crate) until: Timestamp,
    /// The longest the drill itself went unscheduled.
    pub(crate) stall: Duration,
}

impl WriteLoad {
    /// Starts the clients on the present runtime.
    pub(crate) fn start(plan: LoadPlan, table: &DrillTable, target: &LoadTarget) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (tally_sender, tally) = watch::channel(Tally::default());
        let (stall_sender, stall) = watch::channel(Duration::ZERO);
        let mut clients = JoinSet::new();
        for number in 0..plan.clients() {
            let client = Client::new(number, plan, table, target, tally_sender.clone());
            clients.spawn(client.run(stopped.clone()));
        }
        let mut watcher = JoinSet::new();
        watcher.spawn(watch_stalls(stall_sender));
        Self {
            clients,
            stop,
            tally,
            stall,
            watcher,
        }
    }

    /// What the clients have seen so far.
    pub(crate) fn tally(&self) -> Tally {
        *self.tally.borrow()
    }

    /// Tells the clients to stop and collects their histories.
    pub(crate) async fn stop(mut self) -> Result<Harvest, Error> {
        let until = clock::now();
        self.stop.send_replace(true);
        let mut histories = Vec::new();
        while let Some(history) = self.clients.join_next().await {
            histories.push(history.map_err(|source| Error::Task {
                what: "client",
                source,
            })?);
        }
        self.watcher.abort_all();
        histories.sort_by_key(|history| history.client);
        Ok(Harvest {
            histories,
            until,
            stall: *self.stall.borrow(),
        })
    }
}

async fn watch_stalls(longest: watch::Sender<Duration>) {
    let mut ticks = interval(STALL_TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = clock::now();
    loop {
        ticks.tick().await;
        let now = clock::now();
        let late = now.since(last).saturating_sub(STALL_TICK);
        longest.send_if_modified(|longest| {
            let longer = late > *longest;
            *longest = late.max(*longest);
            longer
        });
        last = now;
    }
}

/// One client.
#[derive(Debug)]
struct Client {
    history: ClientHistory,
    plan: LoadPlan,
    table: DrillTable,
    route: ClientRoute,
    session: Option<(SocketAddr, SqlSession)>,
    /// Writes sent over the present connection.
    written: u32,
    tally: watch::Sender<Tally>,
}

impl Client {
    fn new(
        number: u32,
        plan: LoadPlan,
        table: &DrillTable,
        target: &LoadTarget,
        tally: watch::Sender<Tally>,
    ) -> Self {
        let (path, habit) = role(number, target.pin);
        let route = match habit {
            Habit::Pinned => ClientRoute::pinned(target.primary_address),
            Habit::Stays | Habit::ConnectsAnew => {
                ClientRoute::new(path, &target.doors, number / 2, &target.primary)
            }
        };
        Self {
            history: ClientHistory {
                client: number,
                path,
                habit,
                attempts: Vec::new(),
            },
            plan,
            table: table.clone(),
            route,
            session: None,
            written: 0,
            tally,
        }
    }

    async fn run(mut self, mut stopped: watch::Receiver<bool>) -> ClientHistory {
        let period = self.plan.period();
        let mut first =
            interval(period * self.history.client / self.plan.clients().max(1) + STALL_TICK);
        first.tick().await;
        first.tick().await;
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut seq = 0;
        while !*stopped.borrow() {
            tokio::select! {
                _ = stopped.changed() => break,
                _ = ticks.tick() => {}
            }
            let attempt = self.attempt(seq, &mut stopped).await;
            if let Some((at, timeline)) = attempt.acknowledged()
                && self.history.measures_outage()
            {
                let path = self.history.path;
                self.tally
                    .send_modify(|tally| tally.count(path, at, timeline));
            }
            self.history.attempts.push(attempt);
            seq += 1;
        }
        self.history
    }

    /// Connects where necessary, and writes one row.
    async fn attempt(&mut self, seq: u64, stopped: &mut watch::Receiver<bool>) -> Attempt {
        let begun_at = clock::now();
        if self.must_connect()
            && let Err(error) = self.connect().await
        {
            self.route.failed();
            return Attempt {
                seq,
                sent_at: begun_at,
                to: None,
                outcome: AttemptOutcome::Failed {
                    at: clock::now(),
                    error,
                },
            };
        }
        let statement = self.table.insert(self.history.client, seq);
        self.written += 1;
        let sent_at = clock::now();
        let (to, written) = self.send(&statement, stopped).await;
        let at = clock::now();
        let outcome = match written {
            Some(Written::Acknowledged(timeline)) => AttemptOutcome::Acknowledged {
                received_at: at,
                timeline,
            },
            Some(Written::Refused(error)) => {
                if is_read_only(&error) {
                    self.leave();
                }
                AttemptOutcome::Failed {
                    at,
                    error: describe(&error),
                }
            }
            Some(Written::Unknown(error)) => {
                self.leave();
                AttemptOutcome::Unknown { at, error }
            }
            None => {
                self.leave();
                let error = format!("no answer within {} ms", at.since(sent_at).as_millis());
                AttemptOutcome::Unknown { at, error }
            }
        };
        Attempt {
            seq,
            sent_at,
            to,
            outcome,
        }
    }

    /// Sends the statement and waits for its answer as long as the client's habit allows.
    async fn send(
        &self,
        statement: &str,
        stopped: &mut watch::Receiver<bool>,
    ) -> (Option<SocketAddr>, Option<Written>) {
        let Some((to, session)) = &self.session else {
            return (None, Some(Written::Unknown("no session".to_owned())));
        };
        let written = match self.history.habit {
            Habit::Stays | Habit::ConnectsAnew => {
                clock::bounded(self.plan.attempt_within(), session.write(statement)).await
            }
            Habit::Pinned => tokio::select! {
                written = session.write(statement) => Some(written),
                _ = stopped.changed() => None,
            },
        };
        (Some(*to), written)
    }

    fn must_connect(&self) -> bool {
        let Some((_, session)) = &self.session else {
            return true;
        };
        let worn = match self.history.habit {
            Habit::ConnectsAnew => self.written >= defaults::WRITES_PER_CONNECTION,
            Habit::Stays | Habit::Pinned => false,
        };
        worn || session.is_closed()
    }

    async fn connect(&mut self) -> Result<(), String> {
        self.session = None;
        self.written = 0;
        let to = self.route.next().await?;
        let session = SqlSession::connect(to, self.table.credentials(), self.plan.connect_within())
            .await
            .map_err(|error| format!("{to}: {}", describe(&error)))?;
        self.session = Some((to, session));
        Ok(())
    }

    /// This connection leads to no primary: the next attempt takes another.
    fn leave(&mut self) {
        self.session = None;
        self.route.failed();
    }
}

/// Path and habit of the client with this number.
fn role(number: u32, pin: Pin) -> (Path, Habit) {
    let index = (number / 2) as usize;
    if number.is_multiple_of(2) {
        let path = STAYS[index % STAYS.len()];
        let habit = match (path, pin) {
            (Path::Direct, Pin::Stay) => Habit::Pinned,
            (Path::Direct, Pin::Leave) | (Path::Dns | Path::Proxy, Pin::Stay | Pin::Leave) => {
                Habit::Stays
            }
        };
        (path, habit)
    } else {
        (
            CONNECTS_ANEW[index % CONNECTS_ANEW.len()],
            Habit::ConnectsAnew,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_clients_use_every_path_by_both_habits_and_leave_two_to_a_frozen_primary() {
        let roles = |pin| (0..defaults::CLIENTS).map(move |number| role(number, pin));
        let connected = |habit| {
            roles(Pin::Leave)
                .filter(|(_, found)| *found == habit)
                .map(|(path, _)| path)
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(connected(Habit::Stays).len(), Path::ALL.len());
        assert_eq!(connected(Habit::ConnectsAnew).len(), Path::ALL.len());
        let count = |wanted| {
            roles(Pin::Stay)
                .filter(|(_, habit)| *habit == wanted)
                .count()
        };
        assert_eq!(count(Habit::Pinned), 2);
        assert_eq!(count(Habit::ConnectsAnew), 4);
        let measuring: std::collections::BTreeSet<_> = roles(Pin::Stay)
            .filter(|(_, habit)| *habit != Habit::Pinned)
            .map(|(path, _)| path)
            .collect();
        assert_eq!(measuring.len(), Path::ALL.len());
    }
}
