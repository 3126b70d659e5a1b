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
fn after_everything_was_killed_at_once_the_last_holder_serves_again_with_all_rows() {
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
    assert_eq!(after.holder(), before.holder());
    let rows = system.rows(&after.primary());
    for history in [&direct, &proxied] {
        none("confirmed rows are lost", &history.lost(&rows));
    }
    assert_eq!(system.losses_recorded(), 0);
}
