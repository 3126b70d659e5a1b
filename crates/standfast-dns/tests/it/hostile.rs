//! Junk kills nothing.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket};

use crate::ask::{WRITER, ask_tcp, ask_udp, question, serve, zone};

/// Packets sent to each server. Every one is deterministic: the runner's seed is fixed.
const PACKETS: usize = 3_000;

/// How many packets go out before the server is asked a good question.
const PACKETS_BETWEEN: usize = 50;

/// Octets without meaning, and good questions with some octets overwritten, cut or added.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    let damaged = (
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        prop::collection::vec(any::<u8>(), 0..40),
        prop::option::of(any::<prop::sample::Index>()),
    )
        .prop_map(|(damage, tail, cut)| {
            let mut octets = question(WRITER, RecordType::A).to_vec().unwrap();
            for (at, octet) in damage {
                let at = at.index(octets.len());
                octets[at] = octet;
            }
            octets.extend(tail);
            if let Some(cut) = cut {
                let length = cut.index(octets.len());
                octets.truncate(length);
            }
            octets
        });
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..600),
        3 => damaged,
    ]
}

fn packets() -> Vec<Vec<u8>> {
    let mut runner = TestRunner::deterministic();
    let strategy = junk();
    (0..PACKETS)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

/// Counts panics anywhere in the process: one in a task that serves a single question would
/// otherwise go unseen.
fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        hook(panic);
    }));
    &PANICS
}

#[tokio::test]
async fn junk_over_udp_kills_nothing() {
    let panics = count_panics();
    let server = serve(zone(3)).await;
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let good = question(WRITER, RecordType::A);
    for packets in packets().chunks(PACKETS_BETWEEN) {
        for packet in packets {
            socket.send_to(packet, server.local_addr()).await.unwrap();
        }
        let answer = ask_udp(server.local_addr(), &good).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
        assert_eq!(answer.answers.len(), 1);
    }
    assert_eq!(panics.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn junk_over_tcp_kills_nothing() {
    let panics = count_panics();
    let server = serve(zone(3)).await;
    let good = question(WRITER, RecordType::A);
    for packets in packets().chunks(PACKETS_BETWEEN) {
        let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
        for (number, packet) in packets.iter().enumerate() {
            let length = u16::try_from(packet.len()).unwrap();
            // Every seventh length is a lie, after which the rest is junk of another kind.
            let length = if number % 7 == 6 {
                length.wrapping_mul(3)
            } else {
                length
            };
            // The server may have hung up, as it should.
            if stream.write_all(&length.to_be_bytes()).await.is_err()
                || stream.write_all(packet).await.is_err()
            {
                break;
            }
        }
        let answer = ask_tcp(server.local_addr(), &good).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    }
    let answer = ask_udp(server.local_addr(), &good).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    assert_eq!(panics.load(Ordering::SeqCst), 0);
}
