//! A store that is killed or stopped.

use std::time::Duration;

use crate::history::{none, stale};
use crate::process::{self, Stopped};
use crate::system::{STANDBY, System};
use crate::time::{now, until};

/// Longer than a lease: a primary that had not been renewed would have been fenced.
const PAST_THE_LEASE: Duration = Duration::from_secs(4);

#[test]
fn a_killed_store_is_started_again_and_no_client_notices() {
    let system = System::up("store-killed");
    let before = system.status();
    let direct = system.writer("direct", before.primary().address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    process::kill([before.pid_store()]);
    let killed_at = now();
    let after = system.reaches("another store answers", |status| {
        status.is_complete() && status.pid_store() != before.pid_store()
    });
    for writer in [&direct, &proxied] {
        writer.acknowledges_since(killed_at.after(PAST_THE_LEASE));
    }

    assert_eq!(
        (after.epoch(), after.holder()),
        (before.epoch(), before.holder())
    );
    let after = system.complete();
    assert_eq!(
        (after.epoch(), after.holder()),
        (before.epoch(), before.holder())
    );
    assert_eq!(
        after.primary().pid("database"),
        before.primary().pid("database")
    );
    for history in [direct.end(), proxied.end()] {
        none("writes failed", &history.failures());
    }
}

#[test]
fn nobody_writes_past_the_deadline_while_the_store_is_stopped() {
    let system = System::up("store-stopped");
    let before = system.status();
    let primary = before.primary();
    let data = system.data(&primary);
    let direct = system.writer("direct", primary.address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    let stopped = Stopped::one(before.pid_store());
    until("no process of the primary's data folder remains", || {
        process::of_data_folder(&data).is_empty().then_some(())
    });
    let fenced_at = now();
    until("a client was turned away for longer than a lease", || {
        let history = direct.so_far();
        let late = history
            .writes
            .iter()
            .any(|write| write.sent_at > fenced_at.after(PAST_THE_LEASE));
        late.then_some(())
    });
    for history in [direct.so_far(), proxied.so_far()] {
        none(
            "writes were confirmed too late",
            &history.acknowledged_after(fenced_at),
        );
    }

    stopped.go_on();
    system.complete_after(before.epoch());
    proxied.acknowledges();
    let (direct, proxied) = (direct.end(), proxied.end());
    none(
        "confirmations are stale",
        &stale([&direct, &proxied], &[&direct, &proxied]),
    );
    system.accounts_for(&[direct, proxied]);
}
