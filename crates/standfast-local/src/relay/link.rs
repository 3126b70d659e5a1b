//! One connection: two directions, each a reader, a bounded queue and a writer.

use std::io;

use standfast_units::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use super::way::{Passage, Treatment};
use crate::defaults::{RELAY_CHUNK_BYTES, RELAY_CHUNKS_MAX};
use standfast_clock as clock;

/// What was read, and when it may go on. The end of a stream waits its turn like any data.
struct Chunk {
    due: Timestamp,
    content: Content,
}

enum Content {
    Bytes(Box<[u8]>),
    End,
    Broken(io::Error),
}

/// Ready when nothing is cut.
pub(super) async fn open(treatment: &mut watch::Receiver<Treatment>) {
    passage(treatment, Passage::Open).await;
}

/// Ready when everything is cut.
pub(super) async fn cut(treatment: &mut watch::Receiver<Treatment>) {
    passage(treatment, Passage::Cut).await;
}

async fn passage(treatment: &mut watch::Receiver<Treatment>, wanted: Passage) {
    let found = treatment.wait_for(|treatment| treatment.passage == wanted);
    if found.await.is_err() {
        // The relay is ending, and this task with it.
        std::future::pending::<()>().await;
    }
}

/// Makes the peer see a reset instead of an orderly end: the nearest to what it would have seen.
pub(super) fn reset(stream: &TcpStream) {
    // Without it the peer sees an end of stream, which is an end as well.
    let _ = stream.set_zero_linger();
}

/// Carries bytes both ways until both directions have ended, or one of them broke; a break is passed on
/// as a reset, once nothing is cut.
pub(super) async fn join(
    mut client: TcpStream,
    mut server: TcpStream,
    treatment: &watch::Sender<Treatment>,
) {
    for stream in [&client, &server] {
        // Delay is ours to add, not Nagle's.
        let _ = stream.set_nodelay(true);
    }
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let there = direction(from_client, to_server, treatment.subscribe());
    let back = direction(from_server, to_client, treatment.subscribe());
    if tokio::try_join!(there, back).is_err() {
        open(&mut treatment.subscribe()).await;
        reset(&client);
        reset(&server);
    }
}

/// Carries bytes one way until their end has been passed on.
async fn direction(
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    treatment: watch::Receiver<Treatment>,
) -> io::Result<()> {
    let (queue, queued) = mpsc::channel(RELAY_CHUNKS_MAX);
    let reading = async {
        read(from, queue, treatment.clone()).await;
        Ok(())
    };
    tokio::try_join!(reading, write(to, queued, treatment.clone()))?;
    Ok(())
}

async fn read(
    mut from: impl AsyncRead + Unpin,
    queue: mpsc::Sender<Chunk>,
    mut treatment: watch::Receiver<Treatment>,
) {
    let mut buffer = vec![0; RELAY_CHUNK_BYTES];
    loop {
        open(&mut treatment).await;
        let read = tokio::select! {
            biased;
            () = cut(&mut treatment) => continue,
            read = from.read(&mut buffer) => read,
        };
        let content = match read {
            Ok(0) => Content::End,
            Ok(length) => Content::Bytes(buffer[..length].into()),
            Err(error) => Content::Broken(error),
        };
        let ended = !matches!(content, Content::Bytes(_));
        let chunk = Chunk {
            due: clock::now().after(treatment.borrow().delay),
            content,
        };
        // A full queue stops the reading, and so the sender: its window closes.
        if queue.send(chunk).await.is_err() || ended {
            return;
        }
    }
}

async fn write(
    mut to: impl AsyncWrite + Unpin,
    mut queued: mpsc::Receiver<Chunk>,
    mut treatment: watch::Receiver<Treatment>,
) -> io::Result<()> {
    while let Some(chunk) = queued.recv().await {
        if chunk.due > clock::now() {
            clock::sleep_until(chunk.due).await;
        }
        open(&mut treatment).await;
        let bytes = match chunk.content {
            Content::Bytes(bytes) => bytes,
            Content::End => return to.shutdown().await,
            Content::Broken(error) => return Err(error),
        };
        let mut rest: &[u8] = &bytes;
        while !rest.is_empty() {
            open(&mut treatment).await;
            let written = tokio::select! {
                biased;
                () = cut(&mut treatment) => continue,
                written = to.write(rest) => written?,
            };
            rest = &rest[written..];
        }
    }
    Ok(())
}
