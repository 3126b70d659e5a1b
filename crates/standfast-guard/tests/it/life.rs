//! P4 and P6: who may talk to a guard, who may be one, and what its own end leaves behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use standfast_guard::protocol::{LINE_BYTES_MAX, PROTOCOL, Phase, Reply, Request};

use crate::support::{Place, finished, from_now, is_refused, lives, now, number_in, until};

const FAR_MS: u64 = 3_600_000;

#[test]
fn another_agent_takes_over_without_interruption() {
    let place = Place::new();
    let (guard, mut first) = place.guard();
    let deadline = from_now(FAR_MS);
    assert_eq!(
        first.start("/bin/sleep", &["1000"], Some(deadline)),
        Reply::Ok
    );
    let before = first.status();
    assert_eq!(before.state, Phase::Running);
    drop(first);
    // The database does not inherit what the guard blocks.
    let pid = before.pid.unwrap();
    until("a program without blocked signals", || {
        fs::read_to_string(format!("/proc/{pid}/status"))
            .unwrap()
            .contains("SigBlk:\t0000000000000000")
            .then_some(())
    });

    let mut second = guard.connect();
    let after = second.status();
    assert_eq!(after, before);
    assert_eq!(after.label, "7/first");
    assert_eq!(after.deadline, Some(deadline));
    assert_eq!(after.guard_pid, guard.pid());
    assert_eq!(after.protocol, PROTOCOL);
    let later = from_now(2 * FAR_MS);
    assert_eq!(second.push(later), Reply::Ok);

    // The older connection may belong to an agent that hangs; it is closed, not waited for.
    let mut third = guard.connect();
    assert!(second.is_closed());
    assert_eq!(third.status().deadline, Some(later));
    assert!(lives(pid));
}

#[test]
fn a_start_with_a_deadline_that_has_passed_is_refused() {
    let place = Place::new();
    let (_guard, mut agent) = place.guard();
    let reply = agent.start("/bin/sleep", &["1000"], Some(now()));
    assert!(is_refused(&reply), "{reply:?}");
    assert_eq!(agent.status().state, Phase::Idle);
}

#[test]
fn a_line_that_is_no_request_is_refused_and_the_next_one_answered() {
    let place = Place::new();
    let (guard, mut agent) = place.guard();
    for nonsense in ["begin\n", "\n", "status now=1\n", "start program=/bin/sh\n"] {
        agent.post_text(nonsense);
        let reply = agent.reply();
        assert!(is_refused(&reply), "{nonsense:?}: {reply:?}");
    }
    agent.post_text(&"x".repeat(LINE_BYTES_MAX + 1));
    let reply = agent.reply();
    assert!(is_refused(&reply), "{reply:?}");
    // Where the next line begins is unknown after one without an end, so the connection is closed.
    assert!(agent.is_closed());
    assert_eq!(guard.connect().status().state, Phase::Idle);
}

#[test]
fn a_second_guard_on_the_same_folder_is_refused() {
    let place = Place::new();
    let (guard, mut agent) = place.guard();
    let output = finished(&mut place.spawn_guard());
    let expected = format!("another guard (process {})", guard.pid());
    assert!(output.contains(&expected), "{output}");
    assert_eq!(agent.status().state, Phase::Idle);
}

#[test]
fn only_the_owner_may_talk_to_the_guard_and_a_quit_leaves_nothing_behind() {
    let place = Place::new();
    let (mut guard, mut agent) = place.guard();
    let socket = place.path("run/guard.sock");
    let mode = fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let permit = place.path("run/permit.conf");
    assert!(
        fs::read_to_string(&permit)
            .unwrap()
            .starts_with("# standfast permit\n")
    );
    assert_eq!(agent.ask(&Request::Quit), Reply::Ok);
    let output = guard.ended();
    assert!(output.contains("ended: Asked"), "{output}");
    assert!(!socket.exists());
    assert!(fs::symlink_metadata(&permit).is_err());
}

#[test]
fn a_killed_guard_takes_the_permit_with_it_and_its_database_gets_sigquit() {
    let place = Place::new();
    let (mut guard, mut agent) = place.guard();
    let script = "trap 'echo 1 > \"$0.quit\"; exit' QUIT
        echo $$ > \"$0\"
        while :; do sleep 0.02; done";
    let ready = place.path("ready");
    let arguments = ["-c", script, ready.to_str().unwrap()];
    assert_eq!(
        agent.start("/bin/sh", &arguments, Some(from_now(FAR_MS))),
        Reply::Ok
    );
    let pid = until("a trap", || number_in(&ready));
    let permit = place.path("run/permit.conf");
    assert!(fs::read_to_string(&permit).is_ok());
    guard.send(Signal::KILL);
    guard.ended();
    assert!(fs::symlink_metadata(&permit).unwrap().is_symlink());
    assert!(fs::read_to_string(&permit).is_err());
    let quit = place.path("ready.quit");
    until("SIGQUIT", || number_in(&quit));
    until("the end of the database", || (!lives(pid)).then_some(()));

    // A new guard takes the place of the dead one.
    let (_guard, mut agent) = place.guard();
    assert!(fs::read_to_string(&permit).is_ok());
    assert_eq!(agent.start("/bin/sleep", &["1000"], None), Reply::Ok);
}

#[test]
fn a_program_that_cannot_be_executed_is_reported_as_ended() {
    let place = Place::new();
    let (_guard, mut agent) = place.guard();
    assert_eq!(
        agent.start("/nonexistent/postgres", &[], Some(from_now(FAR_MS))),
        Reply::Ok
    );
    agent.fenced();
    assert!(
        place.log().contains("cannot execute /nonexistent/postgres"),
        "{}",
        place.log()
    );
    // Written down after it was told.
    until("a line in the log", || {
        place.log().contains("fenced reason=ended").then_some(())
    });
}
