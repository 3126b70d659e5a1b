//! A client that never stops writing: one row after the other, a new connection whenever one is lost,
//! and no timeout, so that an answer that comes much too late is seen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use standfast_units::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::history::{Answer, History, Write};
use crate::time::{now, until};

/// How often a client writes, when it need not wait for an answer.
const EVERY: Duration = Duration::from_millis(5);

/// The answer that tells which timeline a row was written on, as eight hexadecimal digits.
const TIMELINE: &str = "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)";

/// Who connects.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) password: String,
}

type Writes = Arc<Mutex<Vec<Write>>>;

/// The client, in a thread of its own.
#[derive(Debug)]
pub(crate) struct Writer {
    name: String,
    writes: Writes,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts it and waits for its first confirmation.
    pub(crate) fn start(name: &str, to: SocketAddr, credentials: Credentials) -> Self {
        let writes = Writes::default();
        let (stop, stopped) = oneshot::channel();
        let mut client = Looping {
            name: name.to_owned(),
            to,
            credentials,
            writes: Arc::clone(&writes),
            connections: 0,
        };
        let thread = std::thread::spawn(move || {
            runtime().block_on(async {
                tokio::select! {
                    () = client.run() => {}
                    _ = stopped => client.give_up(),
                }
            });
        });
        let started = Self {
            name: name.to_owned(),
            writes,
            stop: Some(stop),
            thread: Some(thread),
        };
        started.acknowledges_since(Timestamp::from_nanos(0));
        started
    }

    pub(crate) fn so_far(&self) -> History {
        History {
            writer: self.name.clone(),
            writes: self.writes.lock().unwrap().clone(),
        }
    }

    /// Waits for the confirmation of a write that was sent after an instant.
    #[track_caller]
    pub(crate) fn acknowledges_since(&self, at: Timestamp) {
        let what = format!("a write of `{}` is confirmed", self.name);
        until(&what, || {
            let history = self.so_far();
            let found = history.acknowledged().any(|(write, _)| write.sent_at > at);
            found.then_some(())
        });
    }

    /// Waits for the confirmation of a write that is sent from now on.
    #[track_caller]
    pub(crate) fn acknowledges(&self) {
        self.acknowledges_since(now());
    }

    /// Ends it and returns everything it did.
    pub(crate) fn end(mut self) -> History {
        self.join();
        self.so_far()
    }

    fn join(&mut self) {
        // Both are gone when it was ended before.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.join();
    }
}

struct Looping {
    name: String,
    to: SocketAddr,
    credentials: Credentials,
    writes: Writes,
    connections: u32,
}

impl Looping {
    async fn run(&mut self) {
        let mut pace = tokio::time::interval(EVERY);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut client: Option<Client> = None;
        loop {
            pace.tick().await;
            let number = self.begin();
            let connected = if let Some(client) = client.take().filter(|each| !each.is_closed()) {
                Ok(client)
            } else {
                self.connections += 1;
                connect(self.to, &self.credentials).await
            };
            let answer = match connected {
                Err(error) => Answer::Failed(error),
                Ok(connected) => {
                    let answer = self.write(&connected, number).await;
                    client = Some(connected);
                    answer
                }
            };
            self.conclude(answer);
        }
    }

    /// A write is in the history before it is sent.
    fn begin(&mut self) -> u64 {
        let mut writes = self.writes.lock().unwrap();
        let number = writes.len() as u64;
        let at = now();
        writes.push(Write {
            number,
            connection: self.connections.max(1),
            sent_at: at,
            answered_at: at,
            answer: Answer::Unknown("under way".to_owned()),
        });
        number
    }

    fn conclude(&mut self, answer: Answer) {
        let at = now();
        let mut writes = self.writes.lock().unwrap();
        let write = writes.last_mut().unwrap();
        write.connection = self.connections;
        write.answered_at = at;
        write.answer = answer;
    }

    fn give_up(&mut self) {
        let at = now();
        let mut writes = self.writes.lock().unwrap();
        if let Some(write) = writes.last_mut()
            && matches!(write.answer, Answer::Unknown(_))
        {
            write.answered_at = at;
        }
    }

    async fn write(&self, client: &Client, number: u64) -> Answer {
        let statement = format!(
            "INSERT INTO writes VALUES ('{}', {number}) RETURNING {TIMELINE}",
            self.name
        );
        match client.simple_query(&statement).await {
            Ok(messages) => {
                let digits = rows(&messages).pop().unwrap_or_default();
                match u32::from_str_radix(&digits, 16) {
                    Ok(timeline) => Answer::Acknowledged(timeline),
                    Err(error) => Answer::Unknown(format!("no timeline in `{digits}`: {error}")),
                }
            }
            Err(error) if is_refusal(&error) => Answer::Failed(describe(&error)),
            Err(error) => Answer::Unknown(describe(&error)),
        }
    }
}

/// Whether the server said that nothing was done: a session that is ended may have committed.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|error| error.severity() == "ERROR")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

async fn connect(to: SocketAddr, credentials: &Credentials) -> Result<Client, String> {
    let stream = TcpStream::connect(to)
        .await
        .map_err(|error| error.to_string())?;
    stream
        .set_nodelay(true)
        .map_err(|error| error.to_string())?;
    let mut config = Config::new();
    config
        .user(&credentials.user)
        .dbname(&credentials.database)
        .password(&credentials.password);
    let connected = config.connect_raw(stream, NoTls).await;
    let (client, connection) = connected.map_err(|error| describe(&error))?;
    // An error of the connection reaches the statement that waits for an answer on it.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

fn rows(messages: &[SimpleQueryMessage]) -> Vec<String> {
    let lines = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            let columns: Vec<&str> = (0..row.len())
                .filter_map(|column| row.get(column))
                .collect();
            Some(columns.join("\t"))
        }
        _ => None,
    });
    lines.collect()
}

/// One statement on a connection of its own; each row's columns joined by a tab.
pub(crate) fn query(
    to: SocketAddr,
    credentials: &Credentials,
    statement: &str,
) -> Result<Vec<String>, String> {
    runtime().block_on(async {
        let client = connect(to, credentials).await?;
        let messages = client.simple_query(statement).await;
        messages
            .map(|messages| rows(&messages))
            .map_err(|error| describe(&error))
    })
}

/// A session that does nothing.
#[derive(Debug)]
pub(crate) struct Idle {
    /// The server's process.
    pub(crate) pid: u32,
    _client: Client,
    // What carries the connection: it lives as long as this does.
    _runtime: tokio::runtime::Runtime,
}

impl Idle {
    pub(crate) fn open(to: SocketAddr, credentials: &Credentials) -> Self {
        let runtime = runtime();
        let (client, pid) = runtime.block_on(async {
            let client = connect(to, credentials).await.unwrap();
            let messages = client
                .simple_query("SELECT pg_backend_pid()")
                .await
                .unwrap();
            (client, rows(&messages)[0].parse().unwrap())
        });
        Self {
            pid,
            _client: client,
            _runtime: runtime,
        }
    }
}

/// An error with its causes, on one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
