//! Moves the bytes of one connection, both ways, as long as its epoch is valid.
//!
//! Before *each* attempt to write, resumed ones included, the proof is asked and then the clock is
//! read; nothing is awaited between that and the system call (P22). That is why the ready-made copy
//! loops will not do: they write whenever the socket wakes them.
//!
//! Each direction has one buffer and reads only into an empty one, so that a slow side slows the
//! other down. The end of one direction is passed on and leaves the other open.
//!
//! Deliberately absent: any look at the bytes.

use std::io;

use standfast_units::Epoch;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{Notify, watch};
use tokio::task::coop::consume_budget;
use tokio::time::timeout;

use crate::settings::Settings;
use crate::source::Clock;
use crate::status::Cut;
use crate::validity::Proof;

/// The permission to forward bytes of one epoch.
#[derive(Debug)]
pub(crate) struct Permission<C> {
    pub(crate) epoch: Epoch,
    pub(crate) proof: watch::Receiver<Proof>,
    pub(crate) clock: C,
}

impl<C: Clock> Permission<C> {
    /// Attempts one write, if it is permitted now. Nothing else in this crate writes to a connection.
    fn try_write(&self, to: &WriteHalf<'_>, bytes: &[u8]) -> Result<io::Result<usize>, Cut> {
        // The order matters, see `Proof::until`: the clock is the last thing looked at.
        let until = self.proof.borrow().until(self.epoch)?;
        if (self.clock)() < until {
            Ok(to.try_write(bytes))
        } else {
            Err(Cut::Lapsed)
        }
    }
}

/// Relays until both directions have ended, or until the permission has.
///
/// A database that ends first is often the first sign of a change: `nudge` is told. Its client may
/// still finish what it sends, for `half_closed_max`.
pub(crate) async fn relay<C: Clock>(
    client: &mut TcpStream,
    database: &mut TcpStream,
    permission: &Permission<C>,
    settings: &Settings,
    buffer_len: usize,
    nudge: &Notify,
) -> Result<(), Cut> {
    let (mut client_in, mut client_out) = client.split();
    let (mut database_in, mut database_out) = database.split();
    let answers = pump(&mut database_in, &mut client_out, permission, buffer_len);
    let requests = pump(&mut client_in, &mut database_out, permission, buffer_len);
    tokio::pin!(answers, requests);
    tokio::select! {
        ended = &mut requests => {
            ended?;
            answers.await
        }
        ended = &mut answers => {
            ended?;
            nudge.notify_one();
            timeout(settings.half_closed_max, requests).await.unwrap_or(Ok(()))
        }
    }
}

/// Moves bytes one way until they end. What ends them, the sender's own end or a broken connection
/// on either side, is not told apart: a broken connection ends the other direction by itself, once
/// what it still held has been delivered.
async fn pump<C: Clock>(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    permission: &Permission<C>,
    buffer_len: usize,
) -> Result<(), Cut> {
    let mut buffer = vec![0; buffer_len];
    while let Ok(filled @ 1..) = read(from, &mut buffer).await {
        let mut rest = &buffer[..filled];
        while !rest.is_empty() {
            match permission.try_write(to, rest)? {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if to.writable().await.is_err() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Ok(()),
            }
        }
        // Sockets that are always ready must not keep the thread from others.
        consume_budget().await;
    }
    // Fails when the peer is gone already; then there is no peer to tell.
    let _ = to.shutdown().await;
    Ok(())
}

/// Reads what there is, at least one byte; zero at the end.
async fn read(from: &ReadHalf<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(buffer) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use standfast_units::Timestamp;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;
    use crate::source::{Renewal, Right, Sighting};
    use crate::validity::Validity;

    /// Proven valid up to 900 ms after boot.
    fn proof() -> Proof {
        let mut validity = Validity::new(Duration::from_secs(1), Duration::from_millis(100));
        for renewal in 1..3 {
            let sighting = Sighting {
                epoch: Epoch::new(1),
                renewal: Renewal(renewal),
                right: Right::Held,
                writer: None,
            };
            validity.observe(Timestamp::from_millis(0), sighting);
        }
        validity.proof().clone()
    }

    #[tokio::test]
    async fn what_is_left_of_a_write_when_time_is_up_is_not_written() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap());
        let (near, far) = tokio::join!(listener.accept(), far);
        let ((mut near, _), mut far) = (near.unwrap(), far.unwrap());
        let now_ms = Arc::new(AtomicU64::new(899));
        let permission = Permission {
            epoch: Epoch::new(1),
            proof: watch::channel(proof()).1,
            clock: {
                let now_ms = Arc::clone(&now_ms);
                move || Timestamp::from_millis(now_ms.load(Ordering::Relaxed))
            },
        };
        let (_, near_out) = near.split();
        near_out.writable().await.unwrap();
        let written = permission.try_write(&near_out, b"early");
        assert_eq!(written.unwrap().unwrap(), 5);
        now_ms.store(900, Ordering::Relaxed);
        assert_eq!(
            permission.try_write(&near_out, b"late").unwrap_err(),
            Cut::Lapsed
        );
        drop(near);
        let mut received = String::new();
        far.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "early");
    }
}
