//! A lease record in memory, a database, and a client; every wait is for a state, with a deadline.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc as blocking};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use standfast_proxy::{
    LeaseSource, Proxy, ReadError, Renewal, Right, Settings, Sighting, Status, WriterTarget,
};
use standfast_units::{Epoch, Node, Timestamp};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

/// How long anything may take before a test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// A port of the system's choice.
pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub(crate) fn boot_clock() -> Timestamp {
    // Where there is no such clock, the monotonic one counts suspended time.
    #[cfg(target_os = "linux")]
    let now = clock_gettime(ClockId::Boottime);
    #[cfg(not(target_os = "linux"))]
    let now = clock_gettime(ClockId::Monotonic);
    let now = Duration::try_from(now).expect("the clock counts up from boot");
    Timestamp::from_nanos(u64::try_from(now.as_nanos()).unwrap())
}

/// A lease long enough that nothing lapses by accident, read often.
pub(crate) fn patient() -> Settings {
    let mut settings = Settings::new(
        Duration::from_mins(1),
        Duration::from_millis(100),
        Duration::from_secs(1),
    );
    settings.poll_every = Duration::from_millis(5);
    settings.poll_every_closed = Duration::from_millis(5);
    settings
}

/// A lease that runs out soon.
pub(crate) fn hasty() -> Settings {
    let mut settings = patient();
    settings.lease = Duration::from_secs(1);
    settings.clock_drift_max = Duration::from_millis(50);
    settings.renew_every = Duration::from_millis(50);
    settings.read_timeout = Duration::from_millis(50);
    settings
}

/// Whether new clients are connected to `address`.
pub(crate) fn leads_to(status: &Status, address: SocketAddr) -> bool {
    matches!(&status.door, Ok(target) if target.address == address)
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future)
        .await
        .expect("it happens before the deadline")
}

/// Waits until `state` is true.
pub(crate) async fn until(state: impl Fn() -> bool) {
    within(async {
        let mut look = interval(Duration::from_millis(1));
        while !state() {
            look.tick().await;
        }
    })
    .await;
}

/// How the record answers reads.
pub(crate) enum Answers {
    Promptly,
    WithErrors,
    Never,
    /// Blocks the thread that asks, until the other end is dropped.
    Blocking(blocking::Receiver<()>),
}

struct State {
    sighting: Sighting,
    answers: Answers,
    /// When the last read that was answered was begun.
    answered_at: Option<Timestamp>,
}

/// The lease record and the writer record; clones are handles to the same.
#[derive(Clone)]
pub(crate) struct Record(Arc<Mutex<State>>);

impl Record {
    pub(crate) fn absent() -> Self {
        Self(Arc::new(Mutex::new(State {
            sighting: Sighting::ABSENT,
            answers: Answers::Promptly,
            answered_at: None,
        })))
    }

    fn change(&self, change: impl FnOnce(&mut Sighting)) {
        let mut state = self.0.lock().unwrap();
        change(&mut state.sighting);
        state.sighting.renewal.0 += 1;
    }

    /// Begins `epoch`; no writer is verified yet.
    pub(crate) fn begin(&self, epoch: u64) {
        self.change(|sighting| {
            sighting.epoch = Epoch::new(epoch);
            sighting.right = Right::Held;
        });
    }

    /// Names the writer verified under the present epoch.
    pub(crate) fn verify(&self, address: SocketAddr) {
        let mut state = self.0.lock().unwrap();
        state.sighting.writer = Some(target(state.sighting.epoch.get(), address));
    }

    pub(crate) fn renew(&self) {
        self.change(|_| {});
    }

    pub(crate) fn release(&self) {
        self.change(|sighting| sighting.right = Right::Released);
    }

    pub(crate) fn answer(&self, answers: Answers) {
        self.0.lock().unwrap().answers = answers;
    }

    pub(crate) fn answered_at(&self) -> Option<Timestamp> {
        self.0.lock().unwrap().answered_at
    }

    /// Renews again and again until dropped.
    pub(crate) fn renewing(&self) -> Renewing {
        let record = self.clone();
        Renewing(tokio::spawn(async move {
            let mut beat = interval(Duration::from_millis(20));
            loop {
                beat.tick().await;
                record.renew();
            }
        }))
    }
}

impl LeaseSource for Record {
    async fn read(&mut self) -> Result<Sighting, ReadError> {
        let begun_at = boot_clock();
        let blocked = {
            let mut state = self.0.lock().unwrap();
            match &state.answers {
                Answers::Promptly => {
                    state.answered_at = Some(begun_at);
                    return Ok(state.sighting.clone());
                }
                Answers::WithErrors => return Err(ReadError::new("the store is away")),
                Answers::Never => None,
                Answers::Blocking(_) => {
                    match std::mem::replace(&mut state.answers, Answers::Never) {
                        Answers::Blocking(until) => Some(until),
                        _ => None,
                    }
                }
            }
        };
        if let Some(until) = blocked {
            let _ = until.recv();
        }
        std::future::pending().await
    }
}

/// Renewals; they cease when it is dropped.
pub(crate) struct Renewing(JoinHandle<()>);

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) fn target(epoch: u64, address: SocketAddr) -> WriterTarget {
    WriterTarget {
        epoch: Epoch::new(epoch),
        node: Node::new("main-east-1").unwrap(),
        address,
    }
}

pub(crate) fn sighting(epoch: u64, renewal: u64, writer: Option<WriterTarget>) -> Sighting {
    Sighting {
        epoch: Epoch::new(epoch),
        renewal: Renewal(renewal),
        right: Right::Held,
        writer,
    }
}

pub(crate) async fn start(settings: Settings, record: &Record) -> Proxy {
    Proxy::bind(LOOPBACK, settings, record.clone(), boot_clock)
        .await
        .expect("a free port of the system's choice")
}

/// A server whose connections are handed to the test.
pub(crate) struct Database {
    pub(crate) address: SocketAddr,
    accepted: mpsc::UnboundedReceiver<Peer>,
    task: JoinHandle<()>,
}

impl Database {
    pub(crate) async fn start() -> Self {
        Self::on(LOOPBACK).await
    }

    pub(crate) async fn on(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, accepted) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if sender.send(Peer::new(stream)).is_err() {
                    break;
                }
            }
        });
        Self {
            address,
            accepted,
            task,
        }
    }

    /// The next connection.
    pub(crate) async fn accept(&mut self) -> Peer {
        within(self.accepted.recv()).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One end of a connection.
pub(crate) struct Peer(pub(crate) BufReader<TcpStream>);

impl Peer {
    fn new(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::new(within(TcpStream::connect(address)).await.unwrap())
    }

    pub(crate) async fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        within(self.0.get_mut().write_all(line.as_bytes()))
            .await
            .unwrap();
    }

    /// The next line.
    pub(crate) async fn hear(&mut self) -> String {
        let mut line = String::new();
        within(self.0.read_line(&mut line)).await.unwrap();
        line.trim_end().to_owned()
    }

    /// Everything up to the end, and how it ended.
    pub(crate) async fn rest(&mut self) -> (Vec<u8>, std::io::Result<()>) {
        let mut bytes = Vec::new();
        let ended = within(self.0.read_to_end(&mut bytes)).await;
        (bytes, ended.map(drop))
    }

    /// Asserts that the connection is reset without another byte.
    pub(crate) async fn is_reset(&mut self) {
        let (bytes, ended) = self.rest().await;
        assert_eq!(String::from_utf8_lossy(&bytes), "");
        let error = ended.expect_err("the connection ends with a reset");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }

    /// Asserts that the connection is closed without another byte.
    pub(crate) async fn is_closed(&mut self) {
        let (bytes, _) = self.rest().await;
        assert_eq!(String::from_utf8_lossy(&bytes), "");
    }
}

/// A proxy before a database that is verified under epoch 1, and a client connected through it.
pub(crate) struct Scene {
    pub(crate) record: Record,
    pub(crate) database: Database,
    pub(crate) proxy: Proxy,
    pub(crate) client: Peer,
    pub(crate) server: Peer,
    pub(crate) renewing: Renewing,
}

impl Scene {
    pub(crate) async fn open(settings: Settings) -> Self {
        let record = Record::absent();
        let mut database = Database::start().await;
        let proxy = start(settings, &record).await;
        until(|| record.answered_at().is_some()).await;
        record.begin(1);
        record.verify(database.address);
        let renewing = record.renewing();
        let mut client = Peer::connect(proxy.address()).await;
        let mut server = database.accept().await;
        client.say("hello").await;
        assert_eq!(server.hear().await, "hello");
        server.say("welcome").await;
        assert_eq!(client.hear().await, "welcome");
        Self {
            record,
            database,
            proxy,
            client,
            server,
            renewing,
        }
    }
}
