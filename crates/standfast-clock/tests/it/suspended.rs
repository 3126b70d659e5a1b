//! A machine that was suspended, as the kernel shows one to those within a time namespace: its clock from boot
//! is ahead, the one that stands still during a suspension is not.

use std::process::Command;

use standfast_clock::now;
use standfast_units::Timestamp;

/// For how long it was suspended, in seconds.
const SUSPENDED_SECS: u64 = 1_000_000;

const TEST: &str = "suspended::deadlines_lie_on_the_clock_that_counts_suspended_time";

/// Set for the copy of this program that runs within.
const WITHIN: &str = "STANDFAST_TELL_THE_TIME";

#[test]
fn deadlines_lie_on_the_clock_that_counts_suspended_time() {
    if std::env::var_os(WITHIN).is_some() {
        return println!("\nnow {}", now().as_nanos());
    }
    let within = Command::new("unshare")
        .args(["--user", "--map-root-user", "--time"])
        .args(["--boottime", &SUSPENDED_SECS.to_string()])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(WITHIN, "1")
        .output();
    let within = match within {
        Ok(within) => within,
        Err(error) => return println!("SKIPPED: unshare cannot be run: {error}"),
    };
    let said = String::from_utf8(within.stdout).unwrap();
    let Some(nanos) = said.lines().find_map(|line| line.strip_prefix("now ")) else {
        let why = String::from_utf8_lossy(&within.stderr);
        println!("SKIPPED: no time namespace can be made here: {why}{said}");
        return;
    };
    let within = Timestamp::from_nanos(nanos.parse().unwrap());
    let ahead = within.since(now()).as_secs();
    assert!(
        ahead > SUSPENDED_SECS / 2,
        "{ahead} s ahead after a suspension of {SUSPENDED_SECS} s"
    );
}
