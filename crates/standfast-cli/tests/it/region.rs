//! A region whose every process is stopped, and goes on later.

use crate::history::{none, stale};
use crate::process::{self, Stopped};
use crate::status::Status;
use crate::system::{HOME, STANDBY, System};
use crate::time::{now, until};

/// All the standby still waits for is the end of the pause.
fn holds_for_the_pause_alone(status: &Status) -> bool {
    let holds = status.standby().holds();
    holds.contains("paused") && !holds.contains("must stand still") && !holds.contains("must last")
}

#[test]
fn a_frozen_region_that_goes_on_confirms_nothing_through_any_proxy() {
    let system = System::up("region-frozen");
    let before = system.status();
    let direct = system.writer("direct", before.primary().address());
    let here = system.writer("here", system.proxy(HOME));
    let there = system.writer("there", system.proxy(STANDBY));

    let frozen = Stopped::families(&before.pids_of_region(HOME));
    let taken = system.reaches("the standby has taken over", |status| {
        status.serves() && status.epoch() > before.epoch()
    });
    assert_eq!(taken.primary().region(), STANDBY);
    there.acknowledges();

    // Its first process may be gone before the last of its sessions is.
    let server = process::of_data_folder(&system.data(&before.primary()));
    frozen.go_on();
    until("the former primary is fenced", || {
        (!server.iter().any(|each| process::runs(each.pid))).then_some(())
    });
    let fenced_at = now();
    let after = system.complete_after(before.epoch());
    assert_eq!(
        (after.epoch(), after.holder()),
        (taken.epoch(), taken.holder())
    );
    here.acknowledges();
    let (direct, here, there) = (direct.end(), here.end(), there.end());
    none(
        "confirmations are stale",
        &stale([&here, &there], &[&direct, &here, &there]),
    );
    // Without the commit gate, nothing but the fence keeps a thawed server from answering directly.
    none(
        "writes were confirmed too late",
        &direct.acknowledged_after(fenced_at),
    );
    system.accounts_for(&[direct, here, there]);
}

#[test]
fn a_pause_keeps_the_standby_from_taking_over_until_it_is_lifted_or_overridden() {
    let system = System::up("pause");
    let before = system.status();
    system.run(&["pause", "--reason", "maintenance"]).succeeds();
    let frozen = Stopped::families(&before.pids_of_region(HOME));
    let paused = system.reaches(
        "the standby waits for nothing else",
        holds_for_the_pause_alone,
    );
    assert!(paused.is_paused());
    assert_eq!(paused.epoch(), before.epoch());
    system.run(&["resume"]).succeeds();
    let taken = system.reaches("the standby has taken over", |status| {
        status.serves() && status.epoch() > before.epoch()
    });
    assert_eq!(taken.primary().region(), STANDBY);
    frozen.go_on();
    let before = system.complete_after(before.epoch());

    system.run(&["pause"]).succeeds();
    let frozen = Stopped::families(&before.pids_of_region(STANDBY));
    let paused = system.reaches(
        "the standby waits for nothing else",
        holds_for_the_pause_alone,
    );
    assert_eq!(paused.epoch(), before.epoch());
    system.run(&["failover", "--to", HOME]).succeeds();
    let taken = system.reaches("the home region has taken over", |status| {
        status.serves() && status.epoch() > before.epoch()
    });
    assert_eq!(taken.primary().region(), HOME);
    assert!(taken.is_paused(), "an operator's word does not end a pause");
    frozen.go_on();
    system.complete_after(before.epoch());
}
