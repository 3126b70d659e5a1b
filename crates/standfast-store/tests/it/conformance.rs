//! The contract's own suite.

use standfast_coordination::conformance;

use crate::support::{Local, within};

#[tokio::test]
async fn the_embedded_store_keeps_the_contract() {
    let store = Local::start().await;
    within(conformance::run_all(async || store.client())).await;
    store.stop().await;
}
