//! Frames over a TCP stream, with both directions driven by one task.
//!
//! [`Transport::advance`] is safe to cancel, so that a connection is one `select!` loop and needs
//! neither locks nor tasks of its own for reading and writing.

use std::io;

use bytes::{Buf as _, BufMut as _, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::defaults::FRAME_BYTES_MAX;

const LENGTH_BYTES: usize = size_of::<u32>();
const READ_BYTES: usize = 16 << 10;

/// Why a conversation cannot go on.
#[derive(Debug, Error)]
pub(super) enum TransportError {
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
    #[error("a frame of {length} bytes is longer than {FRAME_BYTES_MAX}")]
    TooLong { length: usize },
    #[error("a message cannot be read")]
    Unreadable(#[source] serde_json::Error),
    #[error("a message cannot be written")]
    Unwritable(#[source] serde_json::Error),
}

/// Whether more is read for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    On,
    Paused,
}

#[derive(Debug)]
pub(super) struct Transport {
    stream: TcpStream,
    incoming: BytesMut,
    outgoing: BytesMut,
}

impl Transport {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        // Frames are small and each is awaited; Nagle's algorithm would only delay them.
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
        })
    }

    /// Adds a message to what is to be written.
    pub(super) fn push(&mut self, message: &impl Serialize) -> Result<(), TransportError> {
        let start = self.outgoing.len();
        self.outgoing.put_u32(0);
        let written = serde_json::to_writer((&mut self.outgoing).writer(), message);
        let length = self.outgoing.len() - start - LENGTH_BYTES;
        let checked = match (written, u32::try_from(length)) {
            (Err(error), _) => Err(TransportError::Unwritable(error)),
            (Ok(()), Ok(prefix)) if length <= FRAME_BYTES_MAX => Ok(prefix),
            (Ok(()), _) => Err(TransportError::TooLong { length }),
        };
        match checked {
            Ok(prefix) => {
                self.outgoing[start..start + LENGTH_BYTES].copy_from_slice(&prefix.to_be_bytes());
                Ok(())
            }
            Err(error) => {
                self.outgoing.truncate(start);
                Err(error)
            }
        }
    }

    /// Takes the next message that has arrived whole.
    pub(super) fn pop<T: DeserializeOwned>(&mut self) -> Result<Option<T>, TransportError> {
        let Some(prefix) = self.incoming.first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
        if length > FRAME_BYTES_MAX {
            return Err(TransportError::TooLong { length });
        }
        if self.incoming.len() < LENGTH_BYTES + length {
            return Ok(None);
        }
        self.incoming.advance(LENGTH_BYTES);
        let frame = self.incoming.split_to(length);
        serde_json::from_slice(&frame)
            .map(Some)
            .map_err(TransportError::Unreadable)
    }

    /// How many bytes wait to be written.
    pub(super) fn outgoing_bytes(&self) -> usize {
        self.outgoing.len()
    }

    /// Waits until bytes can be moved and moves them once. Safe to cancel. Waits for ever when reading
    /// is paused and nothing is to be written.
    pub(super) async fn advance(&mut self, reading: Reading) -> Result<(), TransportError> {
        let interest = match (reading, self.outgoing.is_empty()) {
            (Reading::On, true) => Interest::READABLE,
            (Reading::On, false) => Interest::READABLE | Interest::WRITABLE,
            (Reading::Paused, false) => Interest::WRITABLE,
            (Reading::Paused, true) => return std::future::pending().await,
        };
        let ready = self.stream.ready(interest).await;
        let ready = ready.map_err(TransportError::Lost)?;
        if ready.is_writable() && !self.outgoing.is_empty() {
            match self.stream.try_write(&self.outgoing) {
                Ok(written) => self.outgoing.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(TransportError::Lost(error)),
            }
        }
        if ready.is_readable() && reading == Reading::On {
            self.incoming.reserve(READ_BYTES);
            match self.stream.try_read_buf(&mut self.incoming) {
                Ok(0) => return Err(TransportError::Lost(io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(TransportError::Lost(error)),
            }
        }
        Ok(())
    }

    /// Waits for the next message. Safe to cancel.
    pub(super) async fn receive<T: DeserializeOwned>(&mut self) -> Result<T, TransportError> {
        loop {
            if let Some(message) = self.pop()? {
                return Ok(message);
            }
            self.advance(Reading::On).await?;
        }
    }

    /// Writes what is to be written.
    pub(super) async fn flush(&mut self) -> Result<(), TransportError> {
        while !self.outgoing.is_empty() {
            self.advance(Reading::Paused).await?;
        }
        Ok(())
    }
}
