//! A database's first process, or one session of it, that is killed or stopped.

use crate::history::{none, stale};
use crate::process::{self, Stopped};
use crate::system::{STANDBY, System};
use crate::writer::Idle;

/// The processes of clients' sessions on the primary.
fn sessions(system: &System) -> Vec<u32> {
    let address = system.status().primary().address();
    let query = "SELECT pid FROM pg_stat_activity \
                 WHERE backend_type = 'client backend' AND usename = current_user AND pid <> pg_backend_pid()";
    let lines = system.query(address, query).unwrap();
    lines.iter().map(|line| line.parse().unwrap()).collect()
}

/// Kills a process of the primary's database. The server is started again where it was; should its
/// recovery take longer than a second, as on a busy machine, a standby that has everything takes over
/// (P15). Either way nothing is lost.
#[track_caller]
fn loses_nothing_by_the_end_of(system: &System, victim: impl Fn(&System) -> u32) {
    let before = system.status();
    let primary = before.primary();
    let direct = system.writer("direct", primary.address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    process::kill([victim(system)]);
    let after = system.reaches("the server runs again", |status| {
        let node = status.node(primary.name());
        status.is_complete() && !node.has_pid("database", primary.pid("database"))
    });
    proxied.acknowledges();
    if after.epoch() == before.epoch() {
        direct.acknowledges();
    }

    let (direct, proxied) = (direct.end(), proxied.end());
    let rows = system.rows(&system.complete().primary());
    for history in [&direct, &proxied] {
        none("confirmed rows are lost", &history.lost(&rows));
    }
    none(
        "confirmations are stale",
        &stale([&direct, &proxied], &[&direct, &proxied]),
    );
    assert_eq!(system.losses_recorded(), 0);
}

#[test]
fn a_killed_postmaster_is_started_again_and_nothing_is_lost() {
    let system = System::up("postmaster-killed");
    loses_nothing_by_the_end_of(&system, |system| system.status().primary().pid("database"));
}

#[test]
fn a_killed_session_ends_the_server_which_is_started_again_and_nothing_is_lost() {
    let system = System::up("session-killed");
    loses_nothing_by_the_end_of(&system, |system| sessions(system)[0]);
}

/// The clean stop waits for every session to end, and has a deadline (P8).
#[test]
fn a_stopped_session_ends_a_switchover_one_way_or_the_other() {
    let system = System::up("session-stopped");
    let before = system.status();
    let idle = Idle::open(before.primary().address(), &system.credentials());
    let stopped = Stopped::one(idle.pid);
    let direct = system.writer("direct", before.primary().address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    let ran = system.run(&["switchover", "--to", STANDBY]);
    let after = system.complete();
    if after.epoch() == before.epoch() {
        ran.fails(3, &["given up"]);
        direct.acknowledges();
    } else {
        ran.succeeds();
        assert_eq!(after.primary().region(), STANDBY);
    }
    proxied.acknowledges();
    stopped.go_on();

    let (direct, proxied) = (direct.end(), proxied.end());
    let rows = system.rows(&system.complete().primary());
    let all = [&direct, &proxied];
    for history in all {
        none("confirmed rows are lost", &history.lost(&rows));
    }
    none("confirmations are stale", &stale(all, &all));
    assert_eq!(system.losses_recorded(), 0);
}
