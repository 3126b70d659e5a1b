//! Region loss and freeze on a primary and its standby, with a keeper in the product's place: a few lines
//! that promote the standby when the primary falls silent and make a standby of what comes back.
//!
//! The keeper does what an unguarded system does: it promotes without fencing. A drill has to see what
//! follows from that.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use standfast_drill::history::Path as Way;
use standfast_drill::{DrillReport, DrillSettings, Finish, Milestone, Scenario, render, run};

use crate::name_server::FakeNameServer;
use crate::postgres::{TestServer, free_port};
use crate::product::{NodeState, StandIn};

const EAST: Ipv4Addr = Ipv4Addr::new(127, 0, 72, 1);
const WEST: Ipv4Addr = Ipv4Addr::new(127, 0, 72, 2);

/// How the stand-in for the product keeps the system. The servers stop before their folder goes.
struct Keeper {
    east: TestServer,
    west: TestServer,
    product: StandIn,
    done: Arc<AtomicBool>,
}

impl Keeper {
    fn describe(&self, epoch: u64, east: (&'static str, bool), west: (&'static str, bool)) {
        let node = |region, server: &TestServer, (role, streaming), timeline| NodeState {
            region,
            address: server.address,
            role,
            streaming,
            timeline,
            pid: server.pid(),
        };
        let timeline = u32::try_from(epoch).unwrap();
        let nodes = [
            node("east", &self.east, east, timeline),
            node("west", &self.west, west, timeline),
        ];
        self.product
            .write_status("status.json", epoch, "async", &nodes);
    }

    /// Keeps the system until told to stop, and gives it back.
    fn keep(self) -> Self {
        if !self.wait(|| self.product.held("east")) {
            return self;
        }
        // The region is being broken. Where it is only stopped, its server's file is still there.
        if !self.wait(|| !answers(self.east.address)) {
            return self;
        }
        self.west.promote();
        self.product.replace("writer", &WEST.to_string());
        self.describe(2, ("none", false), ("primary", false));
        if !self.wait(|| !self.product.held("east")) {
            return self;
        }
        // What continues goes on for a while; nothing guards it.
        let mut rounds = 0;
        self.wait(|| {
            rounds += 1;
            rounds > 30
        });
        self.east.stop();
        self.east.clone_of(self.west.address);
        self.east.start();
        let streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
        if self.wait(|| self.west.ask(streaming) == "1") {
            self.describe(2, ("standby", true), ("primary", false));
            self.wait(|| false);
        }
        self
    }

    /// Waits for a state; false when the test is over first.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's own poll, ended by a state or the test"
    )]
    fn wait(&self, mut state: impl FnMut() -> bool) -> bool {
        while !self.done.load(Ordering::Relaxed) {
            if state() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

/// Whether a server greets: a stopped one accepts connections and says nothing.
fn answers(address: SocketAddr) -> bool {
    use std::io::{Read, Write};
    let within = Duration::from_millis(200);
    // `SSLRequest` (protocol 3.0): answered with one byte before anything else.
    let request = [0, 0, 0, 8, 4, 210, 22, 47];
    let ask = || {
        let mut stream = std::net::TcpStream::connect_timeout(&address, within)?;
        stream.set_read_timeout(Some(within))?;
        stream.write_all(&request)?;
        stream.read_exact(&mut [0; 1])
    };
    ask().is_ok()
}

/// Ends the keeper, whatever becomes of the test.
struct Kept {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<Keeper>>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A system of two servers and its keeper.
struct System {
    settings: DrillSettings,
    holds: PathBuf,
    east: SocketAddr,
    _kept: Kept,
    _name_server: FakeNameServer,
}

async fn system() -> System {
    let port = free_port(EAST, WEST);
    let (at_east, at_west) = (
        SocketAddr::from((EAST, port)),
        SocketAddr::from((WEST, port)),
    );
    let product = StandIn::new("exit 3");
    let east = TestServer::at(product.path("east"), at_east, &EAST.to_string());
    let west = TestServer::at(product.path("west"), at_west, &WEST.to_string());
    east.initialise();
    east.start();
    west.clone_of(at_east);
    west.start();
    product.replace("writer", &EAST.to_string());
    let name_server = FakeNameServer::start(product.path("writer")).await;
    product.write_outputs(name_server.address, &[at_east, at_west]);
    let mut settings = product.settings();
    settings.finish = Finish::Stay;
    let holds = product.path("holds");
    let done = Arc::new(AtomicBool::new(false));
    let keeper = Keeper {
        east,
        west,
        product,
        done: done.clone(),
    };
    keeper.describe(1, ("primary", false), ("standby", true));
    System {
        settings,
        holds,
        east: at_east,
        _kept: Kept {
            done,
            thread: Some(std::thread::spawn(|| keeper.keep())),
        },
        _name_server: name_server,
    }
}

async fn drill(scenario: Scenario) -> DrillReport {
    let system = system().await;
    let report = run(system.settings.clone(), scenario, |_| {})
        .await
        .unwrap();
    assert!(
        is_absent_or_empty(&system.holds),
        "a region is still held down"
    );
    report
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn the_loss_of_a_region_is_measured_and_the_rejoined_follower_compared() {
    let report = drill(Scenario::RegionLoss).await;
    let text = render(&report);
    assert!(report.kept, "{text}");
    // A server has half a dozen processes beside one for each client.
    assert!(report.fault.processes >= 10, "{text}");
    let outage = report.verdict.outage;
    assert!(
        outage.ended && outage.length > Duration::from_millis(20),
        "{text}"
    );
    assert_eq!(report.successor.as_ref().unwrap().as_str(), "west");
    assert_eq!(report.epoch_after.unwrap().get(), 2);
    assert!(report.rejoined_after_ms.is_some());
}

#[tokio::test]
async fn a_frozen_primary_that_goes_on_after_the_thaw_is_seen_by_those_who_stayed() {
    let report = drill(Scenario::Freeze).await;
    let text = render(&report);
    assert!(report.fault.lasted >= Duration::from_secs(1), "{text}");
    assert!(report.verdict.outage.ended, "{text}");
    let stale = &report.verdict.stale;
    assert!(
        stale.iter().any(|stale| stale.path == Way::Direct),
        "{text}"
    );
    // What was acknowledged on the abandoned timeline is nowhere.
    assert!(report.verdict.lost.len() >= stale.len(), "{text}");
    let pinned = report.plot.pinned.as_ref().unwrap();
    assert!(
        pinned
            .iter()
            .skip(report.plot.before)
            .any(|count| *count > 0),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_while_nothing_acts_is_a_missed_promise_and_is_let_go() {
    let report = drill(Scenario::Hang).await;
    let text = render(&report);
    assert!(!report.kept, "{text}");
    assert_eq!(report.successor, None);
    let names: Vec<_> = report
        .verdict
        .breaches
        .iter()
        .map(|breach| serde_json::to_value(breach).unwrap()["is"].clone())
        .collect();
    assert!(names.contains(&"not-overcome".into()), "{text}");
    assert!(names.contains(&"outage-too-long".into()), "{text}");
    // What was promised is over before the server goes on, and it goes on without a loss.
    let promised = Duration::from_millis(report.promise.rto_ms);
    assert!(report.fault.lasted > promised, "{text}");
    assert!(report.verdict.outage.ended, "{text}");
    assert_eq!(report.verdict.lost, [], "{text}");
    assert_eq!(report.rejoined_after_ms, None, "{text}");
}

#[tokio::test]
async fn a_starved_server_that_is_ridden_out_is_seen_to_pause_and_loses_nothing() {
    let report = drill(Scenario::Starve).await;
    let text = render(&report);
    assert!(report.kept, "{text}");
    assert_eq!(report.successor, None, "{text}");
    assert_eq!(report.rejoined_after_ms, None, "{text}");
    assert_eq!(report.verdict.lost, [], "{text}");
    assert_eq!(report.verdict.stale, [], "{text}");
    // Clients are served when the server has its turn; that they are is no reason to let it go early.
    assert!(report.fault.lasted >= Duration::from_secs(1), "{text}");
    let outage = report.verdict.outage;
    assert!(
        outage.ended && outage.length > Duration::from_millis(500),
        "{text}"
    );
}

#[tokio::test]
async fn a_drill_that_is_abandoned_lets_go_of_what_it_froze() {
    let system = system().await;
    let (struck, mut strikes) = tokio::sync::mpsc::unbounded_channel();
    let drill = run(system.settings.clone(), Scenario::Freeze, move |progress| {
        if let Milestone::Overcome { .. } = progress {
            let _ = struck.send(());
        }
    });
    let east = system.east;
    let frozen = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while is_absent_or_empty(&system.holds) || answers(east) {
            ticks.tick().await;
        }
    };
    tokio::select! {
        report = drill => panic!("the drill came to its end: {:?}", report.map(|report| report.kept)),
        () = frozen => {}
    }
    assert!(
        strikes.try_recv().is_err(),
        "the fault was over before it was abandoned"
    );
    assert!(is_empty(&system.holds), "a region is still held down");
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let answering = async {
        while !answers(east) {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answering)
        .await
        .expect("the region stays frozen");
}

fn is_absent_or_empty(folder: &Path) -> bool {
    !folder.exists() || is_empty(folder)
}
