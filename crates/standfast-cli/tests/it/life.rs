//! A system from its first `up` to the end of its data.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use crate::history::none;
use crate::process;
use crate::status::Status;
use crate::system::{HOME, STANDBY, System, WITNESS};

/// What `dig` prints for a name, asked at one name server; `None` when `dig` is not installed and need
/// not be.
fn dig(name_server: &str, name: &str) -> Option<String> {
    let server: SocketAddr = name_server.parse().unwrap();
    let ran = Command::new("dig")
        .args(["-r", "+short", "+norecurse", "+time=5", "-p"])
        .arg(server.port().to_string())
        .arg(format!("@{}", server.ip()))
        .arg(name)
        .output();
    match ran {
        Ok(output) => Some(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
        Err(error) => {
            assert!(
                std::env::var_os("STANDFAST_REQUIRE_DIG").is_none(),
                "`dig` (Debian: bind9-dnsutils) cannot be run: {error}"
            );
            eprintln!("SKIPPED: `dig` (Debian: bind9-dnsutils) is not installed");
            None
        }
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|each| each.as_str().unwrap())
        .collect()
}

/// Everything `status` promises to list of a node, so that anything can be broken from outside.
#[track_caller]
fn every_field_is_there(status: &Status) {
    for node in status.nodes() {
        let name = node.name().to_owned();
        for field in ["region", "zone", "role", "state", "address"] {
            assert!(node.0[field].is_string(), "{name}: {field}");
        }
        for field in ["epoch", "timeline", "port"] {
            assert!(node.0[field].is_u64(), "{name}: {field}");
        }
        for kind in ["agent", "guard", "database"] {
            assert!(process::runs(node.pid(kind)), "{name}: {kind}");
        }
    }
    let standby = status.standby();
    assert!(standby.0["lag_bytes"].is_string(), "{standby:?}");
    assert!(standby.0["lag_time_ms"].is_u64(), "{standby:?}");
    for region in [HOME, STANDBY] {
        let pids = status.pids_of_region(region);
        assert!(
            pids.iter().all(|pid| process::runs(*pid)),
            "{region}: {pids:?}"
        );
    }
    assert!(process::runs(status.pid_up()) && process::runs(status.pid_store()));
}

#[test]
fn a_system_comes_up_goes_down_and_comes_back_with_its_data() {
    let system = System::up("life");
    let status = system.status();
    every_field_is_there(&status);
    assert_eq!((status.epoch(), status.primary().region()), (1, HOME));
    assert_eq!(status.standby().region(), STANDBY);
    let again = system.run_up(&["--detach"]);
    again.fails(3, &["already runs", "up already"]);

    // Through each proxy, and where the names lead.
    for region in [HOME, STANDBY, WITNESS] {
        let insert = format!("INSERT INTO writes VALUES ('{region}', 1)");
        system.query(system.proxy(region), &insert).unwrap();
    }
    let outputs = system.outputs();
    let (writer, reader) = (status.primary().address(), status.standby().address());
    for name_server in texts(&outputs["name_servers"]) {
        for (name, address) in [("writer_name", writer), ("reader_name", reader)] {
            let name = outputs[name].as_str().unwrap();
            if let Some(answer) = dig(name_server, name) {
                assert_eq!(answer, address.ip().to_string(), "{name} at {name_server}");
            }
        }
    }
    let strings = texts(&outputs["connection_strings"]);
    let region_proxies = [HOME, STANDBY, WITNESS].map(|region| system.proxy(region).to_string());
    for (string, proxy) in strings.iter().zip(&region_proxies) {
        assert!(string.contains(proxy.as_str()), "{string}: no {proxy}");
    }
    assert_eq!(strings.len(), 3);

    system.bring_down(&[]);
    let down = system.run(&["status", "--format", "json"]).fails(4, &[]);
    assert_eq!(down.json()["processes"]["up"], Value::Null);
    system
        .run(&["switchover", "--to", STANDBY])
        .fails(4, &["is down", "standfast up"]);
    system.run(&["down"]).succeeds();

    system.bring_up();
    let back = system.status();
    assert_eq!(back.holder(), status.holder());
    assert_eq!(system.rows(&back.primary()).len(), 3);

    let state = system.state();
    system.bring_down(&[]);
    none("lines of logs are warnings", &system.warnings());
    system.bring_down(&["--purge"]);
    assert!(!state.exists());
    system.run(&["status"]).fails(4, &["never brought up"]);
}
