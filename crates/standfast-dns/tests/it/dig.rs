//! What `dig`, a client we did not write, makes of the answers.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;

use standfast_dns::Server;
use tokio::process::Command;
use tokio::time::timeout;

use crate::ask::{DEADLINE, WRITER, publish, serve, zone};

/// Set where `dig` must be present, as in continuous integration.
const REQUIRE: &str = "STANDFAST_REQUIRE_DIG";

/// What `dig` prints; `None` when it is not installed and need not be.
async fn dig(server: &Server, arguments: &str) -> Option<String> {
    let address = server.local_addr();
    let mut command = Command::new("dig");
    command
        .arg("-r")
        .arg(format!("@{}", address.ip()))
        .args(["-p", &address.port().to_string()])
        .args(["+norecurse", "+nocookie", "+time=5", "+tries=3"])
        .args(arguments.split(' '))
        .kill_on_drop(true);
    match timeout(DEADLINE, command.output()).await.expect("dig ends") {
        Ok(output) => {
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "dig {arguments}: {text}");
            Some(text)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert!(
                std::env::var_os(REQUIRE).is_none(),
                "{REQUIRE} is set and `dig` (Debian: bind9-dnsutils) is not installed"
            );
            eprintln!("SKIPPED: `dig` (Debian: bind9-dnsutils) is not installed");
            None
        }
        Err(error) => panic!("dig: {error}"),
    }
}

/// Checks that `dig` prints all of the expected pieces, spaces and tabs alike.
async fn check(server: &Server, arguments: &str, expected: &[&str]) {
    let Some(text) = dig(server, arguments).await else {
        return;
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for piece in expected {
        assert!(
            text.contains(piece),
            "dig {arguments}: no `{piece}` in: {text}"
        );
    }
    for warning in ["WARNING", "malformed", "Mismatch", "mismatch", "extra"] {
        assert!(
            !text.contains(warning),
            "dig {arguments}: `{warning}` in: {text}"
        );
    }
}

const SOA: &str = "pay.test. 5 IN SOA ns-east.pay.test. hostmaster.pay.test. 4 3600 600 1209600 5";

#[tokio::test]
async fn dig_understands_every_kind_of_answer() {
    let server = serve(zone(200)).await;
    let found = "status: NOERROR";
    let one = "flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1";
    let none = "flags: qr aa; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1";
    let writer = "main-writer.pay.test. 2 IN A 127.0.1.1";
    let cases: [(&str, &[&str]); 12] = [
        (
            "A main-writer.pay.test",
            &[found, one, writer, "EDNS: version: 0"],
        ),
        ("+tcp A main-writer.pay.test", &[found, one, writer]),
        ("+noedns A main-writer.pay.test", &[found, writer]),
        // The question comes back in the case it was asked in.
        (
            "A MAIN-writer.PAY.test",
            &[found, one, ";MAIN-writer.PAY.test. IN A", writer],
        ),
        ("AAAA main-writer.pay.test", &[found, none, SOA]),
        ("A nobody.pay.test", &["status: NXDOMAIN", none, SOA]),
        (
            "SOA pay.test",
            &[found, one, "pay.test. 2 IN SOA ns-east.pay.test."],
        ),
        (
            "NS pay.test",
            &[
                found,
                "pay.test. 2 IN NS ns-east.pay.test.",
                "ns-east.pay.test. 2 IN A 127.0.0.53",
            ],
        ),
        (
            "SRV _postgresql._tcp.main-writer.pay.test",
            &[found, "2 IN SRV 0 0 6432 main-writer.pay.test.", writer],
        ),
        (
            "TXT main-writer.pay.test",
            &[
                found,
                "main-writer.pay.test. 2 IN TXT \"epoch=7 node=main-east-1\"",
            ],
        ),
        (
            "+ignore A main-reader.pay.test",
            &[found, "flags: qr aa tc; QUERY: 1, ANSWER: 0"],
        ),
        ("A example.org", &["status: REFUSED"]),
    ];
    for (arguments, expected) in cases {
        check(&server, arguments, expected).await;
    }
}

#[tokio::test]
async fn dig_asks_again_over_tcp_when_an_answer_is_truncated() {
    let server = serve(zone(200)).await;
    check(
        &server,
        "+ignore A main-reader.pay.test",
        &["flags: qr aa tc;"],
    )
    .await;
    check(
        &server,
        "A main-reader.pay.test",
        &[
            "Truncated, retrying in TCP mode",
            "ANSWER: 200",
            "127.0.2.200",
        ],
    )
    .await;
}

#[tokio::test]
async fn dig_sees_a_flip_at_once() {
    let mut zone = zone(0);
    let server = serve(zone.clone()).await;
    check(&server, "+short A main-writer.pay.test", &["127.0.1.1"]).await;
    publish(
        &mut zone,
        WRITER,
        8,
        "main-west-1",
        &[Ipv4Addr::new(127, 0, 8, 8)],
    );
    server.publish(Arc::new(zone)).unwrap();
    check(&server, "+short A main-writer.pay.test", &["127.0.8.8"]).await;
}
