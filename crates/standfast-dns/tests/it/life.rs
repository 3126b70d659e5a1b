//! Listening, swapping zones, ending.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{RData, RecordType};
use standfast_dns::{Error, Server, Transport};
use standfast_zone::{Published, Refused};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::ask::{
    DEADLINE, WRITER, ask_tcp, ask_udp, empty_zone, epoch_of, publish, question, serve, zone,
};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn tries(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

#[tokio::test]
async fn before_the_first_zone_resolvers_are_sent_elsewhere() {
    let server = Server::bind(LOOPBACK).await.unwrap();
    let asked = question(WRITER, RecordType::A);
    let answer = ask_udp(server.local_addr(), &asked).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    server.publish(Arc::new(zone(0))).unwrap();
    let answer = ask_udp(server.local_addr(), &asked).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
}

#[tokio::test]
async fn a_flip_is_seen_by_the_very_next_question() {
    let mut zone = zone(0);
    let server = serve(zone.clone()).await;
    let asked = question(WRITER, RecordType::A);
    for epoch in 8..=40_u8 {
        let host = Ipv4Addr::new(127, 0, 9, epoch);
        publish(&mut zone, WRITER, epoch.into(), "", &[host]);
        assert_eq!(
            server.publish(Arc::new(zone.clone())),
            Ok(Published::Changed)
        );
        for answer in [
            ask_udp(server.local_addr(), &asked).await,
            ask_tcp(server.local_addr(), &asked).await,
        ] {
            let [record] = &answer.answers[..] else {
                panic!("{answer:?}");
            };
            assert_eq!(record.data, RData::A(host.into()));
        }
    }
}

#[tokio::test]
async fn epochs_never_go_back_while_questions_are_under_way() {
    let mut zone = empty_zone();
    publish(&mut zone, WRITER, 1, "main-east-1", &[Ipv4Addr::LOCALHOST]);
    let server = serve(zone.clone()).await;
    let address = server.local_addr();
    let last = 300;
    let asking = tokio::spawn(async move {
        let asked = question(WRITER, RecordType::TXT);
        let mut newest = 0;
        while newest < last {
            let epoch = epoch_of(&ask_udp(address, &asked).await);
            assert!(epoch >= newest, "epoch {epoch} after {newest}");
            newest = epoch;
        }
    });
    let stale = Arc::new(zone.clone());
    for epoch in 2..=last {
        publish(
            &mut zone,
            WRITER,
            epoch,
            "main-east-1",
            &[Ipv4Addr::LOCALHOST],
        );
        server.publish(Arc::new(zone.clone())).unwrap();
        assert!(matches!(
            server.publish(Arc::clone(&stale)),
            Err(Refused::Older { .. })
        ));
        yield_now().await;
    }
    timeout(DEADLINE, asking)
        .await
        .expect("the last epoch")
        .unwrap();
}

#[tokio::test]
async fn a_zone_that_goes_back_is_refused_and_the_former_one_served() {
    let newest = zone(0);
    let server = serve(newest.clone()).await;
    assert_eq!(server.publish(Arc::new(newest)), Ok(Published::Unchanged));
    let mut older = empty_zone();
    publish(
        &mut older,
        WRITER,
        6,
        "main-west-1",
        &[Ipv4Addr::new(127, 0, 6, 6)],
    );
    let refused = server.publish(Arc::new(older));
    assert!(matches!(refused, Err(Refused::Older { .. })), "{refused:?}");
    let refused = server.publish(Arc::new(empty_zone()));
    assert!(matches!(refused, Err(Refused::Empty { .. })), "{refused:?}");
    let answer = ask_udp(server.local_addr(), &question(WRITER, RecordType::TXT)).await;
    assert_eq!(epoch_of(&answer), 7);
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_transport() {
    let first = Server::bind(LOOPBACK).await.unwrap();
    let error = Server::bind(first.local_addr()).await.unwrap_err();
    let port = first.local_addr().port();
    assert_eq!(
        error.to_string(),
        format!("UDP port {port} of 127.0.0.1 is taken")
    );

    let tcp = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = tcp.local_addr().unwrap();
    let error = Server::bind(address).await.unwrap_err();
    assert!(
        matches!(&error, Error::PortTaken { transport: Transport::Tcp, address: at, .. } if *at == address),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_address_of_another_machine_is_no_taken_port() {
    let elsewhere: SocketAddr = "192.0.2.1:5353".parse().unwrap();
    for error in [
        Server::bind(elsewhere).await.unwrap_err(),
        Server::bind_near(elsewhere, tries(3)).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Listen { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn the_next_free_port_is_found() {
    // Ports that are ours together: on an address of its own, so that no other test is in the way.
    let ports = SocketAddr::from(([127, 83, 84, 70], 5353));
    let first = Server::bind_near(ports, tries(1)).await.unwrap();
    assert_eq!(first.local_addr(), ports);
    let _tcp = TcpListener::bind((ports.ip(), 5354)).await.unwrap();
    let _udp = UdpSocket::bind((ports.ip(), 5355)).await.unwrap();
    let error = Server::bind_near(ports, tries(3)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "none of the ports 5353 to 5355 of 127.83.84.70 is free for both UDP and TCP"
    );
    let second = Server::bind_near(ports, tries(4)).await.unwrap();
    assert_eq!(second.local_addr().port(), 5356);
    let any = Server::bind_near(LOOPBACK, tries(1)).await.unwrap();
    assert_ne!(any.local_addr().port(), 0);
}

#[tokio::test]
async fn the_search_for_a_port_ends_with_the_last_one() {
    let last = SocketAddr::from(([127, 83, 84, 71], u16::MAX));
    let _first = Server::bind(last).await.unwrap();
    let error = Server::bind_near(last, tries(u16::MAX)).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::NoFreePort {
                port_last: u16::MAX,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn shutting_down_frees_the_port() {
    let server = serve(zone(0)).await;
    let address = server.local_addr();
    ask_tcp(address, &question(WRITER, RecordType::A)).await;
    timeout(DEADLINE, server.shutdown())
        .await
        .expect("shutdown")
        .unwrap();
    let again = Server::bind(address).await.unwrap();
    assert_eq!(again.local_addr(), address);
}

#[tokio::test]
async fn dropping_the_server_frees_the_port() {
    let server = serve(zone(0)).await;
    let address = server.local_addr();
    drop(server);
    let bound = async {
        loop {
            if Server::bind(address).await.is_ok() {
                return;
            }
            yield_now().await;
        }
    };
    timeout(DEADLINE, bound).await.expect("the port");
}
