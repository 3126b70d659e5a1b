//! Questions for names, over both transports.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};

use crate::ask::{ask, ask_tcp_pipelined, ask_udp, question, serve, zone};

const SOA: &str = "pay.test. 5 SOA ns-east.pay.test. hostmaster.pay.test. 4 3600 600 1209600 5";

#[track_caller]
fn check(found: &str, expected: &str) {
    assert_eq!(found, expected.replace("SOA5", SOA));
}

#[tokio::test]
async fn addresses_ports_and_epochs_are_answered() {
    let server = serve(zone(2)).await;
    check(
        &ask(&server, "main-writer.pay.test.", RecordType::A).await,
        "NoError; main-writer.pay.test. 2 A 127.0.1.1; ; ",
    );
    check(
        &ask(&server, "main-reader.pay.test.", RecordType::A).await,
        "NoError; main-reader.pay.test. 2 A 127.0.2.1, main-reader.pay.test. 2 A 127.0.2.2; ; ",
    );
    check(
        &ask(&server, "main-writer.pay.test.", RecordType::TXT).await,
        "NoError; main-writer.pay.test. 2 TXT epoch=7 node=main-east-1; ; ",
    );
    check(
        &ask(
            &server,
            "_postgresql._tcp.main-writer.pay.test.",
            RecordType::SRV,
        )
        .await,
        "NoError; _postgresql._tcp.main-writer.pay.test. 2 SRV 0 0 6432 main-writer.pay.test.; ; \
         main-writer.pay.test. 2 A 127.0.1.1",
    );
    check(
        &ask(&server, "main-writer.pay.test.", RecordType::ANY).await,
        "NoError; main-writer.pay.test. 2 A 127.0.1.1; ; ",
    );
}

#[tokio::test]
async fn the_apex_is_answered() {
    let server = serve(zone(2)).await;
    check(
        &ask(&server, "pay.test.", RecordType::SOA).await,
        &format!("NoError; {}; ; ", SOA.replacen(" 5 ", " 2 ", 1)),
    );
    check(
        &ask(&server, "pay.test.", RecordType::NS).await,
        "NoError; pay.test. 2 NS ns-east.pay.test.; ; ns-east.pay.test. 2 A 127.0.0.53",
    );
    check(
        &ask(&server, "ns-east.pay.test.", RecordType::A).await,
        "NoError; ns-east.pay.test. 2 A 127.0.0.53; ; ",
    );
}

#[tokio::test]
async fn absence_carries_the_authority_and_a_short_time_to_live() {
    let server = serve(zone(2)).await;
    for (name, asked, code) in [
        ("main-writer.pay.test.", RecordType::AAAA, "NoError"),
        ("main-writer.pay.test.", RecordType::MX, "NoError"),
        ("new-writer.pay.test.", RecordType::A, "NoError"),
        ("new-writer.pay.test.", RecordType::ANY, "NoError"),
        ("_tcp.main-writer.pay.test.", RecordType::A, "NoError"),
        ("nobody.pay.test.", RecordType::A, "NXDomain"),
        ("x.main-writer.pay.test.", RecordType::A, "NXDomain"),
    ] {
        let found = ask(&server, name, asked).await;
        check(&found, &format!("{code}; ; SOA5; "));
    }
}

#[tokio::test]
async fn names_of_any_octets_are_unknown_names() {
    let server = serve(zone(0)).await;
    let labels: [&[u8]; 3] = [&[0xFF, 0, b'.', b'\\'], b"pay", b"test"];
    let mut asked = question(".", RecordType::A);
    asked.queries[0].set_name(Name::from_labels(labels).unwrap());
    let answer = ask_udp(server.local_addr(), &asked).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(answer.queries, asked.queries);
}

#[tokio::test]
async fn names_are_found_in_any_case_and_the_question_comes_back_as_asked() {
    let server = serve(zone(2)).await;
    for name in ["MAIN-WRITER.PAY.TEST.", "mAiN-wRiTeR.pAy.TeSt."] {
        check(
            &ask(&server, name, RecordType::A).await,
            "NoError; main-writer.pay.test. 2 A 127.0.1.1; ; ",
        );
    }
    check(
        &ask(&server, "NOBODY.pay.TEST.", RecordType::A).await,
        "NXDomain; ; SOA5; ",
    );
}

#[tokio::test]
async fn names_outside_the_zone_are_refused() {
    let server = serve(zone(2)).await;
    for name in [
        ".",
        "test.",
        "example.org.",
        "xpay.test.",
        "pay.test.example.",
    ] {
        check(&ask(&server, name, RecordType::A).await, "Refused; ; ; ");
    }
}

#[tokio::test]
async fn questions_on_one_connection_are_answered_in_turn() {
    let server = serve(zone(2)).await;
    let questions: Vec<_> = (0..20)
        .map(|id| {
            let mut question = question("main-writer.pay.test.", RecordType::A);
            question.metadata.id = id;
            question
        })
        .collect();
    let answers = ask_tcp_pipelined(server.local_addr(), &questions).await;
    assert_eq!(answers.len(), questions.len());
}
