//! What cannot be done is refused before anything is changed, and says why.

use std::fs;
use std::net::{SocketAddr, UdpSocket};

use crate::system::{HOME, Ran, System};

fn up(system: &System, database: &str) -> Ran {
    system.write_blueprint(database, "mode: automatic");
    system.run_up(&["--detach"])
}

#[test]
fn a_blueprint_that_is_not_there_is_named() {
    let system = System::described("missing");
    fs::remove_file(system.blueprint()).unwrap();
    system
        .run_up(&["--detach"])
        .fails(2, &["standfast.yaml", "No such file", "hint:"]);
}

#[test]
fn an_error_in_a_blueprint_is_shown_with_line_and_column() {
    let system = System::described("mistake");
    let text = fs::read_to_string(system.blueprint()).unwrap();
    fs::write(
        system.blueprint(),
        text.replace("hold_down: 1s", "hold_dwon: 1s"),
    )
    .unwrap();
    let ran = system.run_up(&["--detach"]);
    ran.fails(
        1,
        &["standfast.yaml:8:24", "no key `hold_dwon`", "`hold_down`"],
    );
    fs::write(system.blueprint(), "standfast: 1\nname: [\n").unwrap();
    system.run_up(&["--detach"]).fails(1, &["standfast.yaml:"]);
}

#[test]
fn promises_that_cannot_be_kept_yet_are_refused() {
    let system = System::described("promises");
    up(&system, "durability: zero")
        .fails(3, &["`durability: zero` needs the commit gate", "hint:"]);
    up(&system, "durability: bounded").fails(3, &["`durability: bounded` needs the commit gate"]);
    let text = fs::read_to_string(system.blueprint()).unwrap();
    let text = text
        .replace("engine: postgres", "engine: mysql")
        .replace("bounded", "async");
    fs::write(system.blueprint(), text).unwrap();
    system
        .run_up(&["--detach"])
        .fails(3, &["engine `mysql`", "MariaDB", "hint:"]);
    system.run(&["status"]).fails(4, &["never brought up"]);
}

#[test]
fn a_missing_server_program_is_named() {
    let system = System::described("no-postgres");
    let empty = tempfile::TempDir::new().unwrap();
    let database = format!(
        "durability: async, local: {{ bin: {} }}",
        empty.path().display()
    );
    up(&system, &database).fails(5, &[&empty.path().display().to_string()]);

    // What is refused leaves nothing behind.
    let plan = system.run_up(&["--dry-run", "--format", "json"]).succeeds();
    for folder in ["state", "run"] {
        let path = plan.json()[folder].as_str().unwrap().to_owned();
        assert!(!fs::exists(&path).unwrap(), "{path} was left behind");
    }
}

#[test]
fn a_taken_port_is_passed_over_and_everybody_is_told() {
    let system = System::described("port");
    let plan = system
        .run_up(&["--dry-run", "--format", "json"])
        .succeeds()
        .json();
    let usual = plan["endpoints"][format!("dns/{HOME}")].as_str().unwrap();
    let mut expected: SocketAddr = usual.parse().unwrap();
    let _taken = UdpSocket::bind(expected).unwrap();
    expected.set_port(expected.port() + 1);

    let ran = system.bring_up();
    assert_eq!(system.outputs()["name_servers"][0], expected.to_string());
    let controller = system.status().0["regions"][0]["controller"].clone();
    assert_eq!(controller["port_dns"], expected.port());
    let told = format!(
        "the usual port {} is taken, using {}",
        expected.port() - 1,
        expected.port()
    );
    assert!(ran.err.contains(&told), "{}", ran.err);
}
