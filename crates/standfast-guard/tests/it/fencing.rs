//! P4 and P5: what makes the guard fence, and that nothing is left then.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Signal, getuid};
use standfast_guard::protocol::{Ended, Event, Phase, Reason, Reply, Request};

use crate::database::Unruly;
use crate::support::{
    Place, as_user, from_now, is_refused, lives, now, number_in, state_of, until,
};

const FAR_MS: u64 = 3_600_000;

#[test]
fn a_deadline_that_passes_ends_every_descendant() {
    let place = Place::new();
    let (_guard, mut agent) = place.guard();
    let unruly = Unruly::start(&place, &mut agent, None);
    unruly.assert_all_live();
    let deadline = from_now(300);
    assert_eq!(agent.push(deadline), Reply::Ok);
    let event = agent.fenced();
    assert!(
        matches!(
            event,
            Event::Fenced {
                reason: Reason::Deadline,
                killed: 7..,
                ..
            }
        ),
        "{event:?}"
    );
    assert!(now() >= deadline);
    unruly.assert_none_lives();
    // P4: a renewal that comes late does not count.
    assert!(is_refused(&agent.push(from_now(FAR_MS))));
    let status = agent.status();
    assert_eq!(status.state, Phase::Idle);
    assert_eq!(status.last_fence, Some(Reason::Deadline));
    assert_eq!(status.last_exit, Some(Ended::Signal(9)));
    assert_eq!(status.label, "7/first");
}

#[test]
fn a_fence_asked_for_ends_every_descendant() {
    let place = Place::new();
    let (_guard, mut agent) = place.guard();
    let unruly = Unruly::start(&place, &mut agent, Some(from_now(FAR_MS)));
    let fence = Request::Fence {
        reason: "a person asked".to_owned(),
    };
    assert_eq!(agent.ask(&fence), Reply::Ok);
    let Event::Fenced { reason, .. } = agent.fenced() else {
        panic!("not fenced");
    };
    assert_eq!(reason, Reason::Asked("a person asked".to_owned()));
    unruly.assert_none_lives();
}

#[test]
fn a_guard_frozen_past_its_deadline_fences_before_it_reads_the_new_one() {
    let place = Place::new();
    let (guard, mut agent) = place.guard();
    let unruly = Unruly::start(&place, &mut agent, None);
    let deadline = from_now(200);
    assert_eq!(agent.push(deadline), Reply::Ok);
    guard.send(Signal::STOP);
    until("a frozen guard", || {
        (state_of(guard.pid()) == Some('T')).then_some(())
    });
    unruly.assert_all_live();
    agent.post(&Request::Deadline {
        at: from_now(FAR_MS),
        label: "7/first".to_owned(),
    });
    until("the deadline", || (now() > deadline).then_some(()));
    guard.send(Signal::CONT);
    let reply = agent.reply();
    assert!(is_refused(&reply), "{reply:?}");
    assert!(matches!(
        agent.fenced(),
        Event::Fenced {
            reason: Reason::Deadline,
            ..
        }
    ));
    unruly.assert_none_lives();
}

#[test]
fn the_end_of_the_first_process_alone_ends_the_others() {
    let place = Place::new();
    let (_guard, mut agent) = place.guard();
    let unruly = Unruly::start(&place, &mut agent, Some(from_now(FAR_MS)));
    let pid = unruly.pid("first");
    assert_eq!(agent.status().pid, Some(pid));
    crate::support::send(pid, Signal::KILL);
    assert_eq!(
        agent.event(),
        Event::Exited {
            pid,
            status: Ended::Signal(9)
        }
    );
    let event = agent.event();
    assert!(
        matches!(
            event,
            Event::Fenced {
                reason: Reason::Ended,
                killed: 6..,
                ..
            }
        ),
        "{event:?}"
    );
    unruly.assert_none_lives();
}

#[test]
fn a_stop_that_takes_too_long_becomes_a_fence() {
    let place = Place::new();
    let (_guard, mut agent) = place.guard();
    let unruly = Unruly::start(&place, &mut agent, Some(from_now(FAR_MS)));
    crate::support::send(unruly.pid("first"), Signal::STOP);
    let stop = Request::Stop {
        within: Duration::from_millis(20),
    };
    assert_eq!(agent.ask(&stop), Reply::Ok);
    assert!(matches!(
        agent.fenced(),
        Event::Fenced {
            reason: Reason::StopTimeout,
            ..
        }
    ));
    unruly.assert_none_lives();
}

#[test]
fn an_orderly_stop_is_reported_with_its_exit_status() {
    let place = Place::new();
    let (_guard, mut agent) = place.guard();
    let script = "trap 'exit 3' INT; echo $$ > \"$0\"; while :; do sleep 0.05; done";
    let ready = place.path("ready");
    let reply = agent.start(
        "/bin/sh",
        &["-c", script, ready.to_str().unwrap()],
        Some(from_now(FAR_MS)),
    );
    assert_eq!(reply, Reply::Ok);
    let pid = until("a trap", || number_in(&ready));
    let stop = Request::Stop {
        within: Duration::from_mins(1),
    };
    assert_eq!(agent.ask(&stop), Reply::Ok);
    assert_eq!(
        agent.event(),
        Event::Exited {
            pid,
            status: Ended::Exit(3)
        }
    );
    let event = agent.event();
    assert!(
        matches!(
            event,
            Event::Fenced {
                reason: Reason::Ended,
                ..
            }
        ),
        "{event:?}"
    );
}

#[test]
fn sigterm_fences_and_ends_the_guard_and_sighup_does_neither() {
    let place = Place::new();
    let (mut guard, mut agent) = place.guard();
    let unruly = Unruly::start(&place, &mut agent, Some(from_now(FAR_MS)));
    guard.send(Signal::HUP);
    assert_eq!(agent.status().state, Phase::Running);
    unruly.assert_all_live();
    guard.send(Signal::TERM);
    let output = guard.ended();
    assert!(output.contains("ended: Terminated"), "{output}");
    unruly.assert_none_lives();
    assert!(!place.path("run/guard.sock").exists());
    assert!(fs::symlink_metadata(place.path("run/permit.conf")).is_err());
}

/// A process that stands in the data folder and descends from no guard.
fn stranger(place: &Place, name: &str, command: &mut Command) -> u32 {
    let path = place.path(name);
    let script = "setsid sh -c 'echo $$ > \"$0\"; exec sleep 1000' \"$0\" & exit";
    let status = command
        .args(["-c", script, path.to_str().unwrap()])
        .current_dir(place.path("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    until("a stranger", || number_in(&path))
}

#[test]
fn what_a_former_life_left_in_the_data_folder_is_ended_before_a_start() {
    let place = Place::new();
    let left = stranger(&place, "left", as_user(&mut Command::new("/bin/sh")));
    let (_guard, mut agent) = place.guard();
    // The connection waits until the guard is idle.
    assert!(!lives(left));

    // By hand while idle: the start is refused, what runs is ended, and then it can start.
    let by_hand = stranger(&place, "by-hand", as_user(&mut Command::new("/bin/sh")));
    let reply = agent.start("/bin/sleep", &["1000"], None);
    assert!(is_refused(&reply), "{reply:?}");
    assert!(matches!(
        agent.fenced(),
        Event::Fenced {
            reason: Reason::Leftover,
            killed: 1,
            ..
        }
    ));
    assert!(!lives(by_hand));

    let again = stranger(&place, "again", as_user(&mut Command::new("/bin/sh")));
    assert!(matches!(agent.ask(&Request::Recheck), Reply::State(_)));
    agent.fenced();
    assert!(!lives(again));
    assert_eq!(agent.start("/bin/sleep", &["1000"], None), Reply::Ok);
}

#[test]
fn another_users_shell_in_the_data_folder_is_left_alone() {
    if !getuid().is_root() {
        println!("SKIPPED: only root can act as another user");
        return;
    }
    let place = Place::new();
    let root = stranger(&place, "root", &mut Command::new("/bin/sh"));
    let (_guard, _agent) = place.guard();
    let lived = lives(root);
    crate::support::send(root, Signal::KILL);
    assert!(lived);
}
