//! A change of primary that an operator asked for.

use crate::history::{none, stale};
use crate::system::{HOME, STANDBY, System, WITNESS};

#[test]
fn a_switchover_there_and_back_loses_nothing() {
    let system = System::up("switchover");
    let before = system.status();
    let here = system.writer("here", system.proxy(HOME));
    let there = system.writer("there", system.proxy(STANDBY));
    let direct = system.writer("direct", before.primary().address());

    for (step, region) in [(1, STANDBY), (2, HOME)] {
        let ran = system
            .run(&["switchover", "--to", region, "--format", "json"])
            .succeeds();
        let after = system.complete();
        assert_eq!(ran.json()["epoch"], before.epoch() + step);
        assert_eq!(after.epoch(), before.epoch() + step);
        assert_eq!(after.timeline(), before.timeline() + step);
        assert_eq!(after.primary().region(), region);
        here.acknowledges();
        there.acknowledges();
    }

    let (here, there, direct) = (here.end(), there.end(), direct.end());
    let rows = system.rows(&system.complete().primary());
    let all = [&here, &there, &direct];
    for history in all {
        none("confirmed rows are lost", &history.lost(&rows));
    }
    none("confirmations are stale", &stale(all, &all));
    none("servers were rewound", &system.events("rewound"));
    assert_eq!(system.events("cloned").len(), 1, "the first clone only");
    assert_eq!(system.losses_recorded(), 0);
    none("lines of logs are warnings", &system.warnings());
}

#[test]
fn a_switchover_to_where_it_makes_no_sense_is_refused() {
    let system = System::up("switchover-refused");
    let before = system.status();
    system.run(&["switchover", "--to", HOME]).fails(3, &[HOME]);
    system
        .run(&["switchover", "--to", WITNESS])
        .fails(3, &[WITNESS, "no node"]);
    system
        .run(&["switchover", "--to", "nowhere"])
        .fails(3, &["nowhere", "no node"]);
    system
        .run(&["failover", "--to", WITNESS])
        .fails(3, &[WITNESS, "no node"]);
    let after = system.complete();
    assert_eq!(
        (after.epoch(), after.holder()),
        (before.epoch(), before.holder())
    );
}
