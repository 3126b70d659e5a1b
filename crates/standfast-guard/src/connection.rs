//! The socket and the one connection to the agent. Never waits.
//!
//! One agent at a time: a newer connection replaces an older one, which may belong to an agent that hangs.
//! An agent that does not read its answers loses its connection.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use rustix::event::PollFlags;
use rustix::fs::Mode;
use rustix::process::umask;

use crate::Error;
use crate::protocol::LINE_BYTES_MAX;

/// Most bytes of answers an agent may leave unread before its connection is closed.
const UNREAD_BYTES_MAX: usize = 64 * 1024;

/// The socket; its file is gone when dropped.
pub(crate) struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// The caller holds the lock of the run folder, so a socket found there is a dead guard's.
    pub(crate) fn bind(path: PathBuf) -> Result<Self, Error> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::file("remove the old socket", path)(error));
            }
            Ok(()) | Err(_) => {}
        }
        let usual = umask(Mode::from_raw_mode(0o177));
        let bound = UnixListener::bind(&path);
        umask(usual);
        let socket = bound.map_err(Error::file("listen on", &path))?;
        socket
            .set_nonblocking(true)
            .map_err(Error::file("listen on", &path))?;
        Ok(Self { socket, path })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The newest connection that waits, if any.
    pub(crate) fn accept(&self) -> Option<AgentConnection> {
        let mut newest = None;
        while let Ok((stream, _)) = self.socket.accept() {
            newest = AgentConnection::new(stream).ok();
        }
        newest
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A dead socket refuses connections, so a failure changes nothing.
        let _ = fs::remove_file(&self.path);
    }
}

/// The connection to the agent.
pub(crate) struct AgentConnection {
    stream: UnixStream,
    received: Vec<u8>,
    unsent: Vec<u8>,
    open: bool,
}

impl AgentConnection {
    fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            received: Vec::new(),
            unsent: Vec::new(),
            open: true,
        })
    }

    /// False once the agent has closed it, or can no longer be understood.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    pub(crate) fn interest(&self) -> PollFlags {
        if self.unsent.is_empty() {
            PollFlags::IN
        } else {
            PollFlags::IN | PollFlags::OUT
        }
    }

    /// The whole lines that have arrived. What is no text comes as an error, and so does a line that is too
    /// long, which also closes the connection: where the next one begins is not known.
    pub(crate) fn receive(&mut self) -> Vec<Result<String, String>> {
        let mut chunk = [0; 4096];
        while self.received.len() <= LINE_BYTES_MAX {
            match self.stream.read(&mut chunk) {
                Ok(0) => {
                    self.open = false;
                    break;
                }
                Ok(count) => self.received.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.open &= error.kind() == ErrorKind::WouldBlock;
                    break;
                }
            }
        }
        let end = self.received.iter().rposition(|byte| *byte == b'\n');
        let lines: Vec<u8> = self
            .received
            .drain(..end.map_or(0, |end| end + 1))
            .collect();
        let mut lines: Vec<_> = lines
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| {
                String::from_utf8(line.to_vec()).map_err(|_| "the line is not UTF-8".to_owned())
            })
            .collect();
        if self.received.len() > LINE_BYTES_MAX {
            self.open = false;
            lines.push(Err("the line is too long".to_owned()));
        }
        lines
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.unsent.extend_from_slice(line.as_bytes());
    }

    /// Sends what the socket takes; false when the connection is of no more use.
    pub(crate) fn flush(&mut self) -> bool {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(0) => return false,
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return false,
            }
        }
        self.unsent.len() <= UNREAD_BYTES_MAX
    }
}
