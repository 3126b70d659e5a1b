//! Switchovers between two doors of one server: nothing can go wrong but what the test plants.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use standfast_drill::history::Path as Way;
use standfast_drill::{Breach, Count, DrillReport, Scenario, render, run};

use crate::name_server::FakeNameServer;
use crate::postgres::{TestServer, free_port};
use crate::product::{NodeState, StandIn, on_table};

const EAST: Ipv4Addr = Ipv4Addr::new(127, 0, 71, 1);
const WEST: Ipv4Addr = Ipv4Addr::new(127, 0, 71, 2);

/// Runs a switchover there and back. `planted` is SQL on the drill's table, run as the switchover away
/// from home is asked for.
async fn drill(planted: &str) -> DrillReport {
    let port = free_port(EAST, WEST);
    let (east, west) = (
        SocketAddr::from((EAST, port)),
        SocketAddr::from((WEST, port)),
    );
    let plant = if planted.is_empty() {
        String::new()
    } else {
        let sql = on_table(Path::new("psql"), east, planted);
        format!("if [ $to = west ]; then\n{sql}fi\n")
    };
    let product = StandIn::new(&format!(
        "{plant}cp \"$folder/$to.json\" \"$folder/next.json\"; mv \"$folder/next.json\" \"$folder/status.json\"\n\
         cp \"$folder/$to.address\" \"$folder/next\"; mv \"$folder/next\" \"$folder/writer\""
    ));
    let server = TestServer::at(product.path("data"), east, &format!("{EAST},{WEST}"));
    server.initialise();
    server.start();

    let node = |region, address, role, streaming| NodeState {
        region,
        address,
        role,
        streaming,
        timeline: 1,
        pid: None,
    };
    let at_east = [
        node("east", east, "primary", false),
        node("west", west, "standby", true),
    ];
    let at_west = [
        node("east", east, "standby", true),
        node("west", west, "primary", false),
    ];
    product.write_status("status.json", 1, "async", &at_east);
    product.write_status("west.json", 2, "async", &at_west);
    product.write_status("east.json", 3, "async", &at_east);
    product.replace("east.address", &EAST.to_string());
    product.replace("west.address", &WEST.to_string());
    product.replace("writer", &EAST.to_string());
    let name_server = FakeNameServer::start(product.path("writer")).await;
    product.write_outputs(name_server.address, &[east, west]);

    let report = run(product.settings(), Scenario::Switchover, |_| {})
        .await
        .unwrap();
    let tables = server.ask("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'standfast%'");
    assert_eq!(tables, "0", "the drill's table is left behind");
    report
}

#[tokio::test]
async fn a_drill_in_which_nothing_goes_wrong_finds_nothing() {
    let report = drill("").await;
    let verdict = &report.verdict;
    assert!(report.kept, "{}", render(&report));
    assert_eq!(verdict.lost, []);
    assert!(verdict.writes.acknowledged >= 300, "{:?}", verdict.writes);
    assert!(verdict.outage_by_path.keys().eq(&Way::ALL));
    assert_eq!(report.successor.as_ref().unwrap().as_str(), "west");
    assert!(render(&report).ends_with("promise kept\n"));
}

#[tokio::test]
async fn one_acknowledged_row_deleted_behind_its_back_is_found_and_named() {
    let report = drill("DELETE FROM TABLE WHERE client = 1 AND seq = 7").await;
    let lost: Vec<_> = report
        .verdict
        .lost
        .iter()
        .map(|lost| (lost.client, lost.seq))
        .collect();
    assert_eq!(lost, [(1, 7)]);
    assert!(
        report
            .verdict
            .breaches
            .contains(&Breach::Holes(Count { count: 1 }))
    );
    assert!(render(&report).contains("lost: client 1 row 7 by dns"));
    assert!(!report.kept);
}

#[tokio::test]
async fn a_server_that_goes_on_from_an_older_copy_is_found() {
    let report = drill("DELETE FROM TABLE WHERE at > clock_timestamp() - interval '500 ms'").await;
    let verdict = &report.verdict;
    assert!(verdict.lost.len() >= 20, "{} lost", verdict.lost.len());
    let planned = Breach::LostInSwitchover {
        count: verdict.lost.len(),
    };
    assert!(verdict.breaches.contains(&planned));
    assert!(verdict.loss.as_millis() >= 300, "{:?}", verdict.loss);
}

#[tokio::test]
async fn acknowledgements_of_an_older_timeline_through_a_proxy_are_found() {
    // From now on every client writes on timeline 2 but client 3, which goes through a proxy.
    let report = drill(
        "CREATE FUNCTION standfast_drill_test() RETURNS trigger LANGUAGE plpgsql AS \
         $f$ BEGIN IF NEW.client <> 3 THEN NEW.timeline := '00000002'; END IF; RETURN NEW; END $f$; \
         CREATE TRIGGER t BEFORE INSERT ON TABLE FOR EACH ROW EXECUTE FUNCTION standfast_drill_test()",
    )
    .await;
    let verdict = &report.verdict;
    assert!(
        verdict.stale_through_proxy() >= 20,
        "{} stale",
        verdict.stale.len()
    );
    assert!(verdict.stale.iter().all(|stale| stale.client == 3));
    let breach = Breach::StaleThroughProxy {
        count: verdict.stale.len(),
    };
    assert_eq!(verdict.breaches, [breach]);
}
