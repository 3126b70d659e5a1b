//! A client that speaks just enough of the frontend/backend protocol 3.0 to keep a session busy.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

pub(crate) struct Session {
    stream: UnixStream,
}

/// One message from the server.
pub(crate) struct Answer {
    kind: u8,
    body: Vec<u8>,
}

impl Session {
    /// Connects and waits until the server is ready; `None` while it is not there yet.
    pub(crate) fn open(socket: &Path, user: &str) -> Option<Self> {
        let stream = UnixStream::connect(socket).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        let mut session = Self { stream };
        let parameters = format!("user\0{user}\0database\0postgres\0\0");
        let mut startup = 196_608_i32.to_be_bytes().to_vec();
        startup.extend(parameters.bytes());
        let length = i32::try_from(startup.len() + 4).unwrap();
        session.stream.write_all(&length.to_be_bytes()).ok()?;
        session.stream.write_all(&startup).ok()?;
        session.until_ready().map(|_| session)
    }

    pub(crate) fn another(&self) -> Self {
        Self {
            stream: self.stream.try_clone().unwrap(),
        }
    }

    /// Sends a query without waiting; false when the connection is gone.
    pub(crate) fn post(&mut self, query: &str) -> bool {
        let length = i32::try_from(query.len() + 5).unwrap();
        let mut message = vec![b'Q'];
        message.extend(length.to_be_bytes());
        message.extend(query.bytes());
        message.push(0);
        self.stream.write_all(&message).is_ok()
    }

    /// The next message; `None` when the connection is gone.
    fn answer(&mut self) -> Option<Answer> {
        let mut head = [0; 5];
        let mut read = |buffer: &mut [u8]| match self.stream.read_exact(buffer) {
            Ok(()) => Some(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("the server neither answers nor closes")
            }
            Err(_) => None,
        };
        read(&mut head)?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        read(&mut body)?;
        Some(Answer {
            kind: head[0],
            body,
        })
    }

    /// The first column of the first row before the server is ready again.
    fn until_ready(&mut self) -> Option<String> {
        let mut value = String::new();
        loop {
            let answer = self.answer()?;
            match answer.kind {
                b'Z' => return Some(value),
                b'D' => value = String::from_utf8(answer.body.get(6..)?.to_vec()).unwrap(),
                b'E' => return None,
                _ => {}
            }
        }
    }

    pub(crate) fn query(&mut self, query: &str) -> String {
        assert!(self.post(query));
        self.until_ready()
            .unwrap_or_else(|| panic!("{query} failed"))
    }

    /// Counts acknowledgements until the connection is gone, telling each count.
    pub(crate) fn acknowledged(&mut self, mut told: impl FnMut(u64)) -> u64 {
        let mut count = 0;
        while let Some(answer) = self.answer() {
            if answer.kind == b'C' {
                count += 1;
                told(count);
            }
        }
        count
    }
}
