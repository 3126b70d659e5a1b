use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::tree::Sweep;

const PATIENCE: Duration = Duration::from_millis(200);
const GUARD: u32 = 1;

/// A process tree that does what it is told.
#[derive(Debug, Default)]
struct Fake {
    next_pid: u32,
    first: Option<u32>,
    others: BTreeSet<u32>,
    strangers: u32,
    ended: Vec<(u32, Ended)>,
    asked: Vec<Way>,
    /// Sweeps that find a process stuck in the kernel.
    stuck: u32,
}

impl Fake {
    fn end_first(&mut self, status: Ended) {
        self.ended
            .extend(self.first.take().map(|pid| (pid, status)));
    }
}

impl Tree for Fake {
    fn start(&mut self, start: &Start) -> Result<u32, String> {
        assert!(self.first.is_none() && self.others.is_empty() && self.strangers == 0);
        if start.program.is_empty() {
            return Err("no program".to_owned());
        }
        self.next_pid += 10;
        self.first = Some(self.next_pid);
        self.others = BTreeSet::from([self.next_pid + 1, self.next_pid + 2]);
        Ok(self.next_pid)
    }
    fn ask(&mut self, pid: u32, way: Way) {
        assert_eq!(Some(pid), self.first);
        self.asked.push(way);
    }
    fn reap(&mut self) -> Vec<(u32, Ended)> {
        std::mem::take(&mut self.ended)
    }
    fn childless(&self) -> bool {
        self.first.is_none() && self.others.is_empty() && self.ended.is_empty()
    }
    fn sweep(&mut self) -> Sweep {
        if self.stuck > 0 {
            self.stuck -= 1;
            return Sweep {
                killed: 0,
                clean: false,
            };
        }
        let clean = self.childless() && self.strangers == 0;
        let killed = u32::from(self.first.is_some())
            + u32::try_from(self.others.len()).unwrap()
            + self.strangers;
        self.end_first(Ended::Signal(9));
        self.others.clear();
        self.strangers = 0;
        Sweep { killed, clean }
    }
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn start(deadline: Option<Timestamp>) -> Request {
    Request::Start(Start {
        program: "db".to_owned(),
        arguments: Vec::new(),
        deadline,
        label: "1/a".to_owned(),
    })
}

fn deadline(ms: u64) -> Request {
    Request::Deadline {
        at: at(ms),
        label: "1/a".to_owned(),
    }
}

fn idle() -> (Machine, Fake) {
    let mut tree = Fake::default();
    let mut machine = Machine::new(at(0), PATIENCE, GUARD);
    machine.step(at(0), &mut tree);
    assert_eq!(
        machine.take_events(),
        [Event::Fenced {
            reason: Reason::Leftover,
            took: Duration::ZERO,
            killed: 0
        }]
    );
    (machine, tree)
}

fn running(deadline: Option<Timestamp>) -> (Machine, Fake) {
    let (mut machine, mut tree) = idle();
    assert_eq!(machine.handle(at(0), start(deadline), &mut tree), Reply::Ok);
    (machine, tree)
}

fn phase(machine: &Machine) -> Phase {
    machine.status().state
}

fn is_refused(reply: &Reply) -> bool {
    matches!(reply, Reply::Refused { .. })
}

#[test]
fn a_deadline_that_passes_fences_and_the_late_one_is_refused() {
    let (mut machine, mut tree) = running(Some(at(1_000)));
    assert_eq!(machine.wake_at(), Some(at(1_000)));
    let reply = machine.handle(at(1_000), deadline(5_000), &mut tree);
    assert!(is_refused(&reply), "{reply:?}");
    assert_eq!(phase(&machine), Phase::Fencing);
    assert_eq!(tree.asked, [Way::AtOnce]);
    assert_eq!(machine.wake_at(), Some(at(1_200)));
    machine.step(at(1_200), &mut tree);
    machine.step(at(1_201), &mut tree);
    machine.step(at(1_202), &mut tree);
    assert_eq!(phase(&machine), Phase::Idle);
    assert_eq!(
        machine.take_events(),
        [
            Event::Exited {
                pid: 10,
                status: Ended::Signal(9)
            },
            Event::Fenced {
                reason: Reason::Deadline,
                took: Duration::from_millis(201),
                killed: 3
            }
        ]
    );
    // Even now, with nothing left to fence, the late renewal does not count.
    let reply = machine.handle(at(1_202), deadline(5_000), &mut tree);
    assert!(is_refused(&reply), "{reply:?}");
    assert_eq!(machine.status().label, "1/a");
}

#[test]
fn a_guard_that_was_frozen_past_deadline_and_patience_kills_at_once() {
    let (mut machine, mut tree) = running(Some(at(1_000)));
    machine.step(at(9_000), &mut tree);
    assert_eq!(tree.first, None, "SIGKILL was put off");
}

#[test]
fn a_deadline_moves_forward_only() {
    let (mut machine, mut tree) = running(Some(at(1_000)));
    assert!(is_refused(&machine.handle(at(1), deadline(999), &mut tree)));
    assert_eq!(machine.handle(at(1), deadline(1_000), &mut tree), Reply::Ok);
    assert_eq!(machine.handle(at(1), deadline(1_500), &mut tree), Reply::Ok);
    machine.step(at(1_499), &mut tree);
    assert_eq!(phase(&machine), Phase::Running);
    machine.step(at(1_500), &mut tree);
    assert_eq!(phase(&machine), Phase::Fencing);
}

#[test]
fn a_standby_is_armed_before_its_promotion_and_cannot_be_disarmed_after() {
    let (mut machine, mut tree) = running(None);
    assert_eq!(machine.wake_at(), None);
    assert!(is_refused(&machine.handle(at(5), deadline(5), &mut tree)));
    assert_eq!(machine.handle(at(5), deadline(6), &mut tree), Reply::Ok);
    assert!(is_refused(&machine.handle(
        at(5),
        Request::Disarm,
        &mut tree
    )));
    assert_eq!(machine.wake_at(), Some(at(6)));
}

#[test]
fn a_start_needs_idleness_and_a_deadline_that_lies_ahead_of_all_others() {
    let (mut machine, mut tree) = idle();
    assert!(is_refused(&machine.handle(
        at(5),
        start(Some(at(5))),
        &mut tree
    )));
    assert_eq!(machine.handle(at(5), deadline(50), &mut tree), Reply::Ok);
    assert!(is_refused(&machine.handle(
        at(5),
        start(Some(at(40))),
        &mut tree
    )));
    assert_eq!(machine.handle(at(5), Request::Disarm, &mut tree), Reply::Ok);
    assert_eq!(machine.handle(at(5), start(None), &mut tree), Reply::Ok);
    assert!(is_refused(&machine.handle(at(5), start(None), &mut tree)));
    assert!(is_refused(&machine.handle(at(5), Request::Quit, &mut tree)));
}

#[test]
fn a_deadline_that_passes_while_nothing_runs_must_be_taken_away_before_the_next() {
    let (mut machine, mut tree) = idle();
    assert_eq!(machine.handle(at(5), deadline(50), &mut tree), Reply::Ok);
    machine.step(at(60), &mut tree);
    assert_eq!(phase(&machine), Phase::Idle);
    assert!(is_refused(&machine.handle(at(60), deadline(90), &mut tree)));
    assert_eq!(
        machine.handle(at(60), Request::Disarm, &mut tree),
        Reply::Ok
    );
    assert_eq!(machine.handle(at(60), deadline(90), &mut tree), Reply::Ok);
    // A start says the whole of it: as a standby, without a deadline.
    assert_eq!(machine.handle(at(60), start(None), &mut tree), Reply::Ok);
    assert_eq!(machine.status().deadline, None);
}

#[test]
fn a_stranger_in_the_data_folder_is_ended_before_any_start() {
    let (mut machine, mut tree) = idle();
    tree.strangers = 2;
    let reply = machine.handle(at(5), start(Some(at(90))), &mut tree);
    assert!(is_refused(&reply), "{reply:?}");
    machine.step(at(5), &mut tree);
    assert_eq!(
        machine.take_events(),
        [Event::Fenced {
            reason: Reason::Leftover,
            took: Duration::ZERO,
            killed: 2
        }]
    );
    assert_eq!(
        machine.handle(at(6), start(Some(at(90))), &mut tree),
        Reply::Ok
    );
}

#[test]
fn the_end_of_the_first_process_ends_the_others_at_once() {
    let (mut machine, mut tree) = running(Some(at(1_000)));
    tree.end_first(Ended::Signal(9));
    machine.step(at(1), &mut tree);
    assert!(tree.others.is_empty());
    machine.step(at(3), &mut tree);
    assert_eq!(
        machine.take_events(),
        [
            Event::Exited {
                pid: 10,
                status: Ended::Signal(9)
            },
            Event::Fenced {
                reason: Reason::Ended,
                took: Duration::from_millis(2),
                killed: 2
            }
        ]
    );
}

#[test]
fn an_orderly_stop_has_a_bound_and_the_deadline_still_holds() {
    let stop = |within| Request::Stop {
        within: Duration::from_millis(within),
    };
    let (mut machine, mut tree) = running(Some(at(1_000)));
    assert_eq!(machine.handle(at(0), stop(100), &mut tree), Reply::Ok);
    assert_eq!(tree.asked, [Way::InOrder]);
    machine.step(at(100), &mut tree);
    assert_eq!(tree.asked, [Way::InOrder, Way::AtOnce]);
    assert_eq!(machine.wake_at(), Some(at(300)));

    let (mut machine, mut tree) = running(Some(at(50)));
    assert_eq!(machine.handle(at(0), stop(100), &mut tree), Reply::Ok);
    machine.step(at(50), &mut tree);
    assert_eq!(phase(&machine), Phase::Fencing);
    assert_eq!(machine.wake_at(), Some(at(250)));
}

#[test]
fn what_is_stuck_in_the_kernel_is_never_reported_as_fenced() {
    let (mut machine, mut tree) = running(Some(at(10)));
    tree.stuck = 20;
    for _ in 0..20 {
        let now = machine.wake_at().unwrap();
        machine.step(now, &mut tree);
        assert_eq!(phase(&machine), Phase::Fencing);
        assert_eq!(machine.take_events(), []);
    }
}

#[test]
fn a_signal_fences_first_and_ends_the_guard_then() {
    let (mut machine, mut tree) = running(Some(at(1_000)));
    machine.terminate(at(1), &mut tree);
    assert_eq!(machine.exit(), None);
    tree.end_first(Ended::Exit(2));
    tree.others.clear();
    machine.step(at(2), &mut tree);
    assert_eq!(machine.exit(), Some(Exit::Terminated));
}

#[test]
fn a_fence_asked_for_while_idle_proves_idleness_again() {
    let (mut machine, mut tree) = idle();
    let fence = Request::Fence {
        reason: "to be sure".to_owned(),
    };
    assert_eq!(machine.handle(at(1), fence, &mut tree), Reply::Ok);
    machine.step(at(1), &mut tree);
    assert!(matches!(
        machine.take_events()[..],
        [Event::Fenced { killed: 0, .. }]
    ));
}

#[derive(Debug, Clone)]
enum Move {
    Ask(Request),
    Pass(u64),
    FirstEnds,
    AllEnd,
    Stranger,
    Stick,
    Terminate,
}

fn moves() -> impl Strategy<Value = Move> {
    let near = 0u64..2_000;
    prop_oneof![
        4 => near.clone().prop_map(Move::Pass),
        3 => near.clone().prop_map(|ms| Move::Ask(start(Some(at(ms))))),
        1 => Just(Move::Ask(start(None))),
        4 => near.clone().prop_map(|ms| Move::Ask(deadline(ms))),
        1 => Just(Move::Ask(Request::Disarm)),
        1 => (0u64..500).prop_map(|ms| Move::Ask(Request::Stop { within: Duration::from_millis(ms) })),
        1 => Just(Move::Ask(Request::Recheck)),
        1 => Just(Move::Ask(Request::Fence { reason: String::new() })),
        1 => Just(Move::FirstEnds),
        1 => Just(Move::AllEnd),
        1 => Just(Move::Stranger),
        1 => Just(Move::Stick),
        1 => Just(Move::Terminate),
    ]
}

proptest! {
    /// P4 and P5 over arbitrary histories: after each step nothing runs past its deadline, the deadline of
    /// a running database never moves back, idleness means that no process is left, and a fence under way
    /// always has a next look.
    #[test]
    fn nothing_runs_past_its_deadline(history in prop::collection::vec(moves(), 0..60)) {
        let (mut machine, mut tree) = idle();
        let mut now = at(0);
        for change in history {
            let before = machine.status();
            match change {
                Move::Pass(ms) => now = now.after(Duration::from_millis(ms / 10)),
                Move::Ask(request) => {
                    machine.handle(now, request, &mut tree);
                }
                Move::FirstEnds => tree.end_first(Ended::Exit(0)),
                Move::AllEnd => {
                    tree.end_first(Ended::Exit(0));
                    tree.others.clear();
                }
                Move::Stranger => tree.strangers = 1,
                Move::Stick => tree.stuck = 3,
                Move::Terminate => machine.terminate(now, &mut tree),
            }
            machine.step(now, &mut tree);
            let after = machine.status();
            match after.state {
                Phase::Idle => prop_assert!(tree.first.is_none() && tree.others.is_empty()),
                Phase::Running => {
                    prop_assert!(after.deadline.is_none_or(|deadline| deadline > now));
                    if before.state == Phase::Running && before.pid == after.pid {
                        prop_assert!(before.deadline <= after.deadline);
                    }
                }
                Phase::Fencing => {
                    let wake_at = machine.wake_at();
                    prop_assert!(wake_at.is_some_and(|at| at <= now.after(PATIENCE)));
                }
            }
        }
    }
}
