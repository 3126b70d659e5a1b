//! What a drill does not begin with.

use std::net::SocketAddr;
use std::time::Duration;

use standfast_drill::{Error, Scenario, run};

use crate::product::{NodeState, StandIn};

fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 73, last], 1))
}

fn node(region: &'static str, last: u8, role: &'static str, streaming: bool) -> NodeState {
    NodeState {
        region,
        address: address(last),
        role,
        streaming,
        timeline: 1,
        pid: None,
    }
}

async fn refused(product: &StandIn) -> Error {
    let mut settings = product.settings();
    settings.patience.ready = Duration::from_millis(700);
    run(settings, Scenario::Switchover, |_| {})
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_system_without_a_standby_that_follows_is_not_broken() {
    let product = StandIn::new("exit 1");
    product.write_outputs(address(9), &[address(1), address(2)]);
    let nodes = [
        node("east", 1, "primary", false),
        node("west", 2, "standby", false),
    ];
    product.write_status("status.json", 1, "async", &nodes);
    let error = refused(&product).await;
    let text = error.to_string();
    assert!(matches!(error, Error::NotReady { .. }), "{text}");
    assert!(
        text.contains("main-west-1 is a standby without a stream"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_an_error_with_its_cause() {
    let product = StandIn::new("exit 1");
    product.write_outputs(address(9), &[address(1), address(2)]);
    let nodes = [
        node("east", 1, "primary", false),
        node("west", 2, "standby", true),
    ];
    product.write_status("status.json", 1, "async", &nodes);
    let error = refused(&product).await;
    assert!(matches!(error, Error::Table { .. }), "{error}");
}

#[tokio::test]
async fn formats_of_another_version_and_commands_that_fail_are_told_apart() {
    let product = StandIn::new("exit 1");
    product.replace("outputs.json", r#"{"version":2,"databases":[]}"#);
    let error = refused(&product).await;
    assert!(
        matches!(error, Error::Version { version: 2, .. }),
        "{error}"
    );
    product.replace("outputs.json", "no JSON");
    let error = refused(&product).await;
    assert!(matches!(error, Error::Answer { .. }), "{error}");
    std::fs::remove_file(product.path("outputs.json")).unwrap();
    let error = refused(&product).await;
    assert!(
        error
            .to_string()
            .contains("outputs failed (exit status: 1)"),
        "{error}"
    );
    let mut settings = product.settings();
    settings.program = product.path("absent");
    let error = run(settings, Scenario::Switchover, |_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Run { .. }), "{error}");
}
