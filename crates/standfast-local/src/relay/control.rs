//! How a relay is told what to do: one line of text per command over a Unix socket, answered by any
//! number of lines, the last of which is `ok` or `error <why>`. Made so that `socat` is a client too.
//!
//! ```text
//! cut us-west-2
//! delay all 40
//! restore us-west-2
//! status
//! ```

use std::fmt::{self, Write as _};
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::error::Error;
use super::route::{ALL, Destination};
use super::way::{Passage, Ways};
use crate::defaults::{
    CONTROL_CONNECTIONS_MAX, CONTROL_LINE_BYTES_MAX, CONTROL_REPLY_BYTES_MAX, CONTROL_WAIT,
    RELAY_ACCEPT_PAUSE,
};
use standfast_clock as clock;

/// What a relay is told. `None` for the destination means all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Delays each direction by this much, in whole milliseconds; zero delays nothing.
    Delay(Option<Destination>, Duration),
    /// Lets nothing pass.
    Cut(Option<Destination>),
    /// Lets everything pass again. A delay stays.
    Restore(Option<Destination>),
    /// Asks what is done at present.
    Status,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |to: &Option<Destination>| {
            to.as_ref()
                .map_or_else(|| ALL.to_owned(), Destination::to_string)
        };
        match self {
            Self::Delay(to, delay) => write!(f, "delay {} {}", name(to), delay.as_millis()),
            Self::Cut(to) => write!(f, "cut {}", name(to)),
            Self::Restore(to) => write!(f, "restore {}", name(to)),
            Self::Status => f.write_str("status"),
        }
    }
}

impl FromStr for Command {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let to = |name: &str| match name {
            ALL => Ok(None),
            name => name.parse().map(Some),
        };
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["delay", name, delay_ms] => {
                let delay_ms = delay_ms
                    .parse::<u32>()
                    .map_err(|_| Error::Text(text.to_owned()))?;
                Ok(Self::Delay(
                    to(name)?,
                    Duration::from_millis(u64::from(delay_ms)),
                ))
            }
            ["cut", name] => Ok(Self::Cut(to(name)?)),
            ["restore", name] => Ok(Self::Restore(to(name)?)),
            ["status"] => Ok(Self::Status),
            _ => Err(Error::Text(text.to_owned())),
        }
    }
}

/// What a relay does to one destination. Written as `us-west-2 open 40 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The destination.
    pub to: Destination,
    /// Whether anything passes.
    pub passage: Passage,
    /// The delay of each direction.
    pub delay: Duration,
    /// Connections carried now.
    pub connections: usize,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passage = match self.passage {
            Passage::Open => "open",
            Passage::Cut => "cut",
        };
        let delay_ms = self.delay.as_millis();
        write!(f, "{} {passage} {delay_ms} {}", self.to, self.connections)
    }
}

impl FromStr for Status {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Text(text.to_owned());
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let [to, passage, delay_ms, connections] = words.as_slice() else {
            return Err(malformed());
        };
        Ok(Self {
            to: to.parse()?,
            passage: match *passage {
                "open" => Passage::Open,
                "cut" => Passage::Cut,
                _ => return Err(malformed()),
            },
            delay: Duration::from_millis(delay_ms.parse().map_err(|_| malformed())?),
            connections: connections.parse().map_err(|_| malformed())?,
        })
    }
}

/// What a relay answered: one entry per destination after [`Command::Status`], else none.
pub type Reply = Vec<Status>;

/// Tells the relay at `socket` one thing. When it returns, the command is in force: what arrives from then
/// on is treated by it.
///
/// # Errors
/// When the relay cannot be reached, does not answer, or refuses.
pub async fn control(socket: &Path, command: &Command) -> Result<Reply, Error> {
    let text = timeout(CONTROL_WAIT, ask(socket, command))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| Error::Socket {
            path: socket.to_owned(),
            source,
        })?;
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.pop() {
        Some("ok") => lines.into_iter().map(str::parse).collect(),
        Some(line) => Err(match line.strip_prefix("error ") {
            Some(why) => Error::Refused(why.to_owned()),
            None => Error::Text(line.to_owned()),
        }),
        None => Err(Error::Text(String::new())),
    }
}

async fn ask(socket: &Path, command: &Command) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(format!("{command}\n").as_bytes()).await?;
    stream.shutdown().await?;
    let mut text = String::new();
    let limit = u64::try_from(CONTROL_REPLY_BYTES_MAX).unwrap_or(u64::MAX);
    stream.take(limit).read_to_string(&mut text).await?;
    Ok(text)
}

/// Listens at `path`, for its owner only. A socket a killed relay left is replaced.
pub(super) fn bind(path: &Path) -> Result<UnixListener, Error> {
    let failed = |source| Error::Socket {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(path).map_err(failed)?;
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

pub(super) async fn serve(listener: UnixListener, ways: Ways) {
    let room = Arc::new(Semaphore::new(CONTROL_CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let ways = Arc::clone(&ways);
                connections.spawn(async move {
                    // Each wait is bounded, so one client cannot keep the others out for long.
                    let _ = timeout(CONTROL_WAIT, answer(stream, &ways)).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "cannot accept a control connection"
                );
                clock::pause(RELAY_ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, ways: &Ways) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let limit = u64::try_from(CONTROL_LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut line = String::new();
    BufReader::new(read.take(limit))
        .read_line(&mut line)
        .await?;
    let mut reply = String::new();
    match line
        .parse::<Command>()
        .and_then(|command| obey(&command, ways))
    {
        Ok(statuses) => {
            for status in statuses {
                let _ = writeln!(reply, "{status}");
            }
            reply.push_str("ok\n");
        }
        Err(error) => {
            let _ = writeln!(reply, "error {error}");
        }
    }
    write.write_all(reply.as_bytes()).await
}

fn obey(command: &Command, ways: &Ways) -> Result<Reply, Error> {
    let to = match command {
        Command::Status => {
            return Ok(ways
                .iter()
                .map(|(to, way)| {
                    let treatment = *way.treatment.borrow();
                    Status {
                        to: to.clone(),
                        passage: treatment.passage,
                        delay: treatment.delay,
                        connections: way.connections.load(Ordering::Relaxed),
                    }
                })
                .collect());
        }
        Command::Delay(to, _) | Command::Cut(to) | Command::Restore(to) => to,
    };
    if let Some(to) = to
        && !ways.contains_key(to)
    {
        return Err(Error::Text(to.to_string()));
    }
    for (name, way) in ways.iter() {
        if to.as_ref().is_some_and(|to| to != name) {
            continue;
        }
        way.treatment.send_modify(|treatment| match command {
            Command::Delay(_, delay) => treatment.delay = *delay,
            Command::Cut(_) => treatment.passage = Passage::Cut,
            Command::Restore(_) => treatment.passage = Passage::Open,
            Command::Status => {}
        });
        tracing::info!(destination = %name, %command, "relay told");
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_answers_read_back_from_their_text() {
        for text in ["delay all 40", "cut us-west-2", "restore store", "status"] {
            assert_eq!(text.parse::<Command>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "cut",
            "cut A",
            "delay store",
            "delay store -1",
            "stop",
            "status all",
        ] {
            assert!(bad.parse::<Command>().is_err(), "{bad:?} was taken");
        }
        let text = "us-west-2 cut 40 3";
        assert_eq!(text.parse::<Status>().unwrap().to_string(), text);
    }
}
