//! An agent that is killed or stopped, with its guard and database left alone.

use std::time::Duration;

use crate::history::{none, stale};
use crate::process::{self, Stopped};
use crate::system::{STANDBY, System};
use crate::time::{now, until};

/// Longer than a lease: a primary that had not been renewed would have been fenced.
const PAST_THE_LEASE: Duration = Duration::from_secs(4);

#[test]
fn a_killed_agent_is_started_again_and_no_client_notices() {
    let system = System::up("agent-killed");
    let before = system.status();
    let primary = before.primary();
    let direct = system.writer("direct", primary.address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    process::kill([primary.pid("agent")]);
    let killed_at = now();
    system.reaches("another agent tells of the node", |status| {
        let node = status.primary();
        node.role() == "primary" && !node.has_pid("agent", primary.pid("agent"))
    });
    for writer in [&direct, &proxied] {
        writer.acknowledges_since(killed_at.after(PAST_THE_LEASE));
    }

    let after = system.complete();
    assert_eq!(
        (after.epoch(), after.holder()),
        (before.epoch(), before.holder())
    );
    for kind in ["guard", "database"] {
        assert_eq!(after.primary().pid(kind), primary.pid(kind), "{kind}");
    }
    for history in [direct.end(), proxied.end()] {
        none("writes failed", &history.failures());
    }
}

#[test]
fn the_guard_of_a_stopped_agent_fences_at_the_deadline_and_the_standby_takes_over() {
    let system = System::up("agent-stopped");
    let before = system.status();
    let primary = before.primary();
    let data = system.data(&primary);
    let direct = system.writer("direct", primary.address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    let stopped = Stopped::one(primary.pid("agent"));
    until("no process of the data folder remains", || {
        process::of_data_folder(&data).is_empty().then_some(())
    });
    let fenced_at = now();
    let taken = system.reaches("the standby has taken over", |status| {
        status.serves() && status.epoch() > before.epoch()
    });
    assert_eq!(taken.primary().region(), STANDBY);
    proxied.acknowledges();
    assert_eq!(
        process::of_data_folder(&data),
        [],
        "the former primary, fenced"
    );

    stopped.go_on();
    let after = system.complete_after(before.epoch());
    assert_eq!(after.epoch(), taken.epoch());
    let (direct, proxied) = (direct.end(), proxied.end());
    none(
        "writes were confirmed too late",
        &direct.acknowledged_after(fenced_at),
    );
    none(
        "confirmations are stale",
        &stale([&direct, &proxied], &[&direct, &proxied]),
    );
    system.accounts_for(&[direct, proxied]);
}
