//! `up` itself killed, alone or with everything else.

use crate::history::none;
use crate::process;
use crate::system::{STANDBY, System};

#[test]
fn killing_up_interrupts_nothing_and_the_next_one_takes_its_place() {
    let system = System::up("up-killed");
    let before = system.status();
    let direct = system.writer("direct", before.primary().address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));

    process::kill([before.pid_up()]);
    for writer in [&direct, &proxied] {
        writer.acknowledges();
    }
    let alone = system.run(&["status"]).succeeds();
    assert!(alone.out.contains("its `up` is gone"), "{}", alone.out);
    for history in [direct.end(), proxied.end()] {
        none("writes failed", &history.failures());
        system.accounts_for(&[history]);
    }

    system.bring_up();
    let after = system.complete();
    assert_ne!(after.pid_up(), before.pid_up());
    assert_eq!(after.holder(), before.holder());
}

#[test]
fn after_everything_was_killed_at_once_the_last_holder_goes_first_and_all_rows_are_there() {
    let system = System::up("all-killed");
    let before = system.status();
    let direct = system.writer("direct", before.primary().address());
    let proxied = system.writer("proxied", system.proxy(STANDBY));
    for writer in [&direct, &proxied] {
        writer.acknowledges();
    }

    let everything = process::of_system(&system.state());
    process::kill(everything.iter().map(|each| each.pid));
    assert_eq!(process::of_system(&system.state()), []);
    let (direct, proxied) = (direct.end(), proxied.end());
    system.run(&["status"]).fails(4, &[]);

    system.bring_up();
    let after = system.complete();
    // The last holder goes first (P16); on a machine on which its recovery takes longer than a second it
    // may hand over to a standby that has everything (P15).
    let events = system.run(&["events"]).succeeds();
    let took = format!("agent {}", before.holder());
    let next = format!("(epoch {})", before.epoch() + 1);
    let first = events.out.lines().find(|line| line.contains(&next));
    assert!(first.is_some_and(|line| line.contains(&took)), "{first:?}");
    let rows = system.rows(&after.primary());
    for history in [&direct, &proxied] {
        none("confirmed rows are lost", &history.lost(&rows));
    }
    assert_eq!(system.losses_recorded(), 0);
}
