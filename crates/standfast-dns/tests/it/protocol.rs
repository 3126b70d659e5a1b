//! What is refused, and what goes into a message.

use hickory_proto::op::{Edns, Message, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RecordType};
use standfast_dns::defaults::{UDP_PAYLOAD_BYTES_MAX, UDP_PAYLOAD_BYTES_PLAIN};

use crate::ask::{READER, WRITER, ask_octets_udp, ask_tcp, ask_udp, question, serve, zone};

fn with_edns(mut question: Message, payload: u16) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload);
    question.set_edns(edns);
    question
}

async fn code_of(question: &Message) -> ResponseCode {
    let server = serve(zone(1)).await;
    let udp = ask_udp(server.local_addr(), question).await;
    let tcp = ask_tcp(server.local_addr(), question).await;
    assert_eq!(udp, tcp);
    assert!(!udp.metadata.authoritative);
    assert!(udp.answers.is_empty() && udp.authorities.is_empty());
    udp.metadata.response_code
}

#[tokio::test]
async fn only_queries_are_implemented() {
    for op_code in [
        OpCode::Status,
        OpCode::Notify,
        OpCode::Update,
        OpCode::Unknown(15),
    ] {
        let mut question = question(WRITER, RecordType::SOA);
        question.metadata.op_code = op_code;
        assert_eq!(code_of(&question).await, ResponseCode::NotImp, "{op_code}");
    }
}

#[tokio::test]
async fn transfers_and_foreign_classes_are_refused() {
    for asked in [RecordType::AXFR, RecordType::IXFR] {
        assert_eq!(
            code_of(&question("pay.test.", asked)).await,
            ResponseCode::Refused
        );
    }
    for class in [
        DNSClass::CH,
        DNSClass::HS,
        DNSClass::ANY,
        DNSClass::Unknown(4711),
    ] {
        let mut question = question(WRITER, RecordType::A);
        question.queries[0].set_query_class(class);
        assert_eq!(code_of(&question).await, ResponseCode::Refused, "{class}");
    }
}

#[tokio::test]
async fn a_message_has_one_question() {
    let mut none = question(WRITER, RecordType::A);
    none.queries.clear();
    assert_eq!(code_of(&none).await, ResponseCode::FormErr);
    let mut two = question(WRITER, RecordType::A);
    two.add_query(Query::query(
        Name::from_ascii(WRITER).unwrap(),
        RecordType::AAAA,
    ));
    assert_eq!(code_of(&two).await, ResponseCode::FormErr);
}

#[tokio::test]
async fn a_question_cut_short_is_a_format_error() {
    let server = serve(zone(1)).await;
    let whole = question(WRITER, RecordType::A).to_vec().unwrap();
    for length in 12..whole.len() {
        let answer = ask_octets_udp(server.local_addr(), &whole[..length]).await;
        assert_eq!(&answer[..2], &whole[..2], "the same id");
        assert_eq!(answer[3] & 0x0F, 1, "FORMERR for {length} octets");
    }
}

#[tokio::test]
async fn an_opt_record_is_answered_with_one_and_only_then() {
    let server = serve(zone(1)).await;
    let address = server.local_addr();
    for (name, asked) in [
        (WRITER, RecordType::A),
        ("nobody.pay.test.", RecordType::A),
        ("example.org.", RecordType::A),
    ] {
        let plain = ask_udp(address, &question(name, asked)).await;
        assert_eq!(plain.edns, None);
        let mut question = with_edns(question(name, asked), 4096);
        question.edns.as_mut().unwrap().set_dnssec_ok(true);
        for answer in [
            ask_udp(address, &question).await,
            ask_tcp(address, &question).await,
        ] {
            let edns = answer.edns.unwrap();
            assert_eq!(edns.version(), 0);
            assert_eq!(edns.max_payload(), UDP_PAYLOAD_BYTES_MAX);
            assert!(edns.flags().dnssec_ok);
        }
    }
}

#[tokio::test]
async fn a_newer_version_of_edns_is_answered_badvers() {
    let mut question = with_edns(question(WRITER, RecordType::A), 1232);
    question.edns.as_mut().unwrap().set_version(1);
    let server = serve(zone(1)).await;
    let answer = ask_udp(server.local_addr(), &question).await;
    // 16 is BADVERS in an OPT record and BADSIG in a TSIG record; there is only the former.
    assert_eq!(u16::from(answer.metadata.response_code), 16);
    assert_eq!(answer.edns.unwrap().version(), 0);
    assert!(answer.answers.is_empty());
}

/// Asks over UDP and gives the message's length with it.
async fn measured(server: std::net::SocketAddr, question: &Message) -> (usize, Message) {
    let octets = ask_octets_udp(server, &question.to_vec().unwrap()).await;
    (octets.len(), Message::from_vec(&octets).unwrap())
}

#[tokio::test]
async fn what_does_not_fit_a_datagram_is_marked_truncated_and_whole_over_tcp() {
    // A reader has 16 octets in the answer, its name aside.
    let server = serve(zone(200)).await;
    let address = server.local_addr();
    let plain = question(READER, RecordType::A);
    let edns = |payload| with_edns(question(READER, RecordType::A), payload);
    for (asked, limit) in [
        (plain.clone(), UDP_PAYLOAD_BYTES_PLAIN),
        (edns(0), UDP_PAYLOAD_BYTES_PLAIN),
        (edns(600), 600),
        (edns(65_535), UDP_PAYLOAD_BYTES_MAX),
    ] {
        let (length, answer) = measured(address, &asked).await;
        assert!(length <= usize::from(limit), "{length} octets of {limit}");
        assert!(answer.metadata.truncation);
        assert!(answer.metadata.authoritative);
        assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
        assert_eq!(answer.edns.is_some(), asked.edns.is_some());
        let whole = ask_tcp(address, &asked).await;
        assert!(!whole.metadata.truncation);
        assert_eq!(whole.answers.len(), 200);
    }
}

#[tokio::test]
async fn a_datagram_is_used_to_its_limit() {
    let server = serve(zone(60)).await;
    let asked = with_edns(question(READER, RecordType::A), 1232);
    let (length, answer) = measured(server.local_addr(), &asked).await;
    assert!(!answer.metadata.truncation);
    assert_eq!(answer.answers.len(), 60);
    assert!(length > 900, "{length}");
}

#[tokio::test]
async fn additional_records_are_left_out_before_anything_is_truncated() {
    let server = serve(zone(60)).await;
    let asked = question("_postgresql._tcp.main-reader.pay.test.", RecordType::SRV);
    let (length, answer) = measured(server.local_addr(), &asked).await;
    assert!(length <= 512);
    assert!(!answer.metadata.truncation);
    assert_eq!((answer.answers.len(), answer.additionals.len()), (1, 0));
    let whole = ask_tcp(server.local_addr(), &asked).await;
    assert_eq!((whole.answers.len(), whole.additionals.len()), (1, 60));
}
