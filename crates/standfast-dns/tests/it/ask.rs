//! Zones to serve, and a client that asks.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use standfast_dns::Server;
use standfast_units::{Epoch, Ttl};
use standfast_zone::{DnsZone, Generation, RecordSet, RecordTarget};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long anything here may take; generous, for a test waits this long only to fail.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// When a datagram counts as lost, so that the question is sent again.
const RESEND_AFTER: Duration = Duration::from_millis(500);

pub(crate) const WRITER: &str = "main-writer.pay.test.";
pub(crate) const READER: &str = "main-reader.pay.test.";

/// The zone `pay.test` with its name server and nothing else.
pub(crate) fn empty_zone() -> DnsZone {
    let servers = [(
        "ns-east.pay.test".parse().unwrap(),
        ["127.0.0.53".parse().unwrap()].into(),
    )];
    DnsZone::new(
        "pay.test".parse().unwrap(),
        Generation::new(1),
        Ttl::seconds(2).unwrap(),
        BTreeMap::from(servers),
    )
    .unwrap()
}

/// Publishes servers with port 6432 at a name.
pub(crate) fn publish(zone: &mut DnsZone, at: &str, epoch: u64, node: &str, hosts: &[Ipv4Addr]) {
    let set = RecordSet {
        ttl: Ttl::seconds(2).unwrap(),
        target: RecordTarget::Servers(
            hosts
                .iter()
                .map(|host| SocketAddr::from((*host, 6432)))
                .collect(),
        ),
        node: (!node.is_empty()).then(|| node.parse().unwrap()),
    };
    zone.publish(&at.parse().unwrap(), Epoch::new(epoch), set)
        .unwrap();
}

/// A writer under epoch 7 at 127.0.1.1, a reserved writer, and as many readers as asked for.
pub(crate) fn zone(readers: u8) -> DnsZone {
    let mut zone = empty_zone();
    publish(
        &mut zone,
        WRITER,
        7,
        "main-east-1",
        &[Ipv4Addr::new(127, 0, 1, 1)],
    );
    let readers: Vec<Ipv4Addr> = (1..=readers)
        .map(|last| Ipv4Addr::new(127, 0, 2, last))
        .collect();
    if !readers.is_empty() {
        publish(&mut zone, READER, 7, "", &readers);
    }
    zone.reserve(&"new-writer.pay.test".parse().unwrap())
        .unwrap();
    zone
}

/// A server of this zone on a port of its own.
pub(crate) async fn serve(zone: DnsZone) -> Server {
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    server.publish(Arc::new(zone)).unwrap();
    server
}

/// A question without EDNS.
pub(crate) fn question(name: &str, asked: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    let mut query = Query::query(Name::from_ascii(name).unwrap(), asked);
    query.set_query_class(DNSClass::IN);
    message.add_query(query);
    message
}

/// Sends octets over UDP until an answer comes.
pub(crate) async fn ask_octets_udp(server: SocketAddr, octets: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    socket.connect(server).await.unwrap();
    let mut buffer = vec![0; 65_536];
    let answered = timeout(DEADLINE, async {
        loop {
            socket.send(octets).await.unwrap();
            if let Ok(received) = timeout(RESEND_AFTER, socket.recv(&mut buffer)).await {
                return received.unwrap();
            }
        }
    });
    let length = answered.await.expect("no answer over UDP");
    buffer.truncate(length);
    buffer
}

pub(crate) async fn ask_udp(server: SocketAddr, question: &Message) -> Message {
    let answer = ask_octets_udp(server, &question.to_vec().unwrap()).await;
    let answer = Message::from_vec(&answer).unwrap();
    check_reply(question, &answer);
    answer
}

/// Asks all questions on one connection, the next without waiting for the answer before.
pub(crate) async fn ask_tcp_pipelined(server: SocketAddr, questions: &[Message]) -> Vec<Message> {
    let asked = async {
        let mut stream = TcpStream::connect(server).await.unwrap();
        for question in questions {
            let octets = question.to_vec().unwrap();
            let length = u16::try_from(octets.len()).unwrap();
            stream.write_all(&length.to_be_bytes()).await.unwrap();
            stream.write_all(&octets).await.unwrap();
        }
        let mut answers = Vec::new();
        for question in questions {
            let length = stream.read_u16().await.unwrap();
            let mut octets = vec![0; usize::from(length)];
            stream.read_exact(&mut octets).await.unwrap();
            let answer = Message::from_vec(&octets).unwrap();
            check_reply(question, &answer);
            answers.push(answer);
        }
        answers
    };
    timeout(DEADLINE, asked).await.expect("no answer over TCP")
}

pub(crate) async fn ask_tcp(server: SocketAddr, question: &Message) -> Message {
    let mut answers = ask_tcp_pipelined(server, std::slice::from_ref(question)).await;
    answers.remove(0)
}

/// What holds for every answer of an authoritative server.
fn check_reply(question: &Message, answer: &Message) {
    assert_eq!(answer.metadata.id, question.metadata.id);
    assert_eq!(answer.metadata.message_type, MessageType::Response);
    assert_eq!(answer.metadata.op_code, question.metadata.op_code);
    assert_eq!(
        answer.metadata.recursion_desired,
        question.metadata.recursion_desired
    );
    assert!(!answer.metadata.recursion_available);
    assert!(!answer.metadata.authentic_data);
}

/// Asks over both transports, expects the same, and gives it as `code; answers; authority`.
pub(crate) async fn ask(server: &Server, name: &str, asked: RecordType) -> String {
    let question = question(name, asked);
    let udp = ask_udp(server.local_addr(), &question).await;
    let tcp = ask_tcp(server.local_addr(), &question).await;
    assert_eq!(udp, tcp);
    assert_eq!(
        udp.queries, question.queries,
        "the question comes back as it was asked"
    );
    let authoritative = matches!(
        udp.metadata.response_code,
        ResponseCode::NoError | ResponseCode::NXDomain
    );
    assert_eq!(udp.metadata.authoritative, authoritative);
    let section = |records: &[Record]| records.iter().map(line).collect::<Vec<_>>().join(", ");
    format!(
        "{:?}; {}; {}; {}",
        udp.metadata.response_code,
        section(&udp.answers),
        section(&udp.authorities),
        section(&udp.additionals)
    )
}

fn line(record: &Record) -> String {
    assert_eq!(record.dns_class, DNSClass::IN);
    format!(
        "{} {} {} {}",
        record.name,
        record.ttl,
        record.record_type(),
        record.data
    )
}

/// The epoch that the TXT record of the writer says.
pub(crate) fn epoch_of(answer: &Message) -> u64 {
    let [record] = &answer.answers[..] else {
        panic!("not one TXT record: {answer:?}");
    };
    let RData::TXT(text) = &record.data else {
        panic!("not a TXT record: {record:?}");
    };
    let text = text.to_string();
    let number = text.strip_prefix("epoch=").unwrap().split(' ').next();
    number.unwrap().parse().unwrap()
}
