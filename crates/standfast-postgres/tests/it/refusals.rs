//! What is refused: starts past the guard (P6), unfinished folders, unsuitable programs.

use std::os::unix::fs::PermissionsExt;

use standfast_postgres::Postgres;
use standfast_replication::{DataFolder, Engine, Error, LogDirection, Shutdown, StartAs};

use crate::machine::{Machine, Server};

/// P6: by hand, with or without our configuration, the server does not start.
#[tokio::test]
async fn nobody_starts_a_server_without_the_permit() {
    let machine = Machine::new();
    let a = machine.member("main-east-1");
    a.engine.initialise().await.unwrap();
    let mut command = a.engine.set_up(&StartAs::Primary).await.unwrap();
    std::fs::remove_file(machine.permit()).unwrap();
    let server = Server::spawn(&command);
    let log = a.engine.settings().config.join("server.log");
    assert!(!server.wait(), "it ran and stopped in order");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("permit"), "{log}");

    // As `pg_ctl start -D` would: there is no configuration in the folder.
    command.arguments.truncate(2);
    let by_hand = std::process::Command::new(&command.program)
        .args(&command.arguments)
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&by_hand.stderr);
    assert!(
        !by_hand.status.success() && talk.contains("postgresql.conf"),
        "{talk}"
    );
}

/// P6: the mark outlives everything but being made anew.
#[tokio::test]
async fn a_marked_folder_is_never_started() {
    let machine = Machine::new();
    let a = machine.member("main-east-1");
    a.engine.initialise().await.unwrap();
    let data = a.engine.settings().data.clone();
    let DataFolder::Ready(state) = a.engine.folder().await.unwrap() else {
        panic!("not ready");
    };
    assert_eq!(
        (state.set_up_as, state.shutdown),
        (LogDirection::Primary, Shutdown::Clean)
    );
    std::fs::write(data.with_file_name("data.incomplete"), "").unwrap();
    assert_eq!(a.engine.folder().await.unwrap(), DataFolder::Incomplete);
    for start_as in [StartAs::Primary, StartAs::Standby { upstream: None }] {
        let refused = a.engine.set_up(&start_as).await;
        assert!(
            matches!(refused, Err(Error::Contradiction { .. })),
            "{refused:?}"
        );
    }
    a.engine.initialise().await.unwrap();
    let DataFolder::Ready(anew) = a.engine.folder().await.unwrap() else {
        panic!("not ready");
    };
    assert_ne!(anew.system_identifier, state.system_identifier);
    let beside: Vec<_> = std::fs::read_dir(data.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(beside, ["data"], "nothing is left beside the folder");
}

#[tokio::test]
async fn a_folder_with_a_running_server_is_not_cloned_over() {
    let machine = Machine::new();
    let (a, _server) = machine.primary("main-east-1").await;
    let (b, _standby) = machine.standby("main-east-2", &a).await;
    let refused = b.engine.clone_from(&a.at).await.unwrap_err();
    assert!(refused.to_string().contains("runs on"), "{refused}");
    let refused = b.engine.rewind(&a.at).await.unwrap_err();
    assert!(refused.to_string().contains("runs on"), "{refused}");
    assert!(matches!(
        b.engine.folder().await.unwrap(),
        DataFolder::Ready(_)
    ));
}

#[tokio::test]
async fn a_source_with_tablespaces_is_not_cloned() {
    let machine = Machine::new();
    let (a, _server) = machine.primary("main-east-1").await;
    let space = machine.path("space");
    std::fs::create_dir(&space).unwrap();
    let client = machine.connect(&a, "standfast", "postgres").await.unwrap();
    client
        .batch_execute(&format!(
            "CREATE TABLESPACE extra LOCATION '{}'",
            space.display()
        ))
        .await
        .unwrap();
    let b = machine.member("main-east-2");
    let Err(Error::Unsuitable { what, .. }) = b.engine.clone_from(&a.at).await else {
        panic!("it was cloned");
    };
    assert!(what.contains("extra"), "{what}");
}

#[test]
fn programs_of_a_wrong_version_or_that_are_missing_are_named() {
    let machine = Machine::new();
    let check = |script: &str, because: &str| {
        let bin = machine.path("bin");
        let _ = std::fs::remove_dir_all(&bin);
        std::fs::create_dir(&bin).unwrap();
        for name in [
            "postgres",
            "initdb",
            "pg_basebackup",
            "pg_controldata",
            "pg_rewind",
            "pg_waldump",
        ] {
            let path = bin.join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut settings = machine.settings("main-east-1");
        settings.bin = Some(bin);
        match Postgres::new(settings) {
            Err(Error::Unsuitable { what, hint }) => {
                assert!(what.contains(because), "{what}");
                assert!(hint.contains("13"), "{hint}");
            }
            other => panic!("{other:?}"),
        }
    };
    check("echo 'postgres (PostgreSQL) 12.22'", "PostgreSQL 12 in");
    check("echo hello", "`hello`");

    let mut settings = machine.settings("main-east-1");
    settings.bin = Some(machine.path("nothing-here"));
    let Err(Error::Unsuitable { what, .. }) = Postgres::new(settings) else {
        panic!("programs were found where there are none");
    };
    assert!(what.contains("`postgres` is not in"), "{what}");
}
