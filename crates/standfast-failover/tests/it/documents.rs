//! Documents that are generated from the code, and must be current.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use standfast_failover::{TRANSITIONS, diagram};

fn state_machine() -> String {
    let mut text = String::from(
        "# The states of a member\n\n\
         Generated from `TRANSITIONS` in `crates/standfast-failover/src/state.rs`; \
         `STANDFAST_UPDATE=1 cargo test -p\nstandfast-failover documents` writes it anew. What each state \
         guarantees stands there beside its name.\n\n\
         The core changes its state along these arrows only, and is stopped by an assertion where it \
         does not. Past its\ndeadline every state that holds the right to write goes to `fencing`.\n\n\
         ```mermaid\n",
    );
    text.push_str(&diagram());
    text.push_str("```\n\n| from | to | when |\n|---|---|---|\n");
    for (from, to, why) in TRANSITIONS {
        let _ = writeln!(text, "| {from} | {to} | {why} |");
    }
    text
}

#[test]
fn the_state_diagram_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/state-machine.md");
    let wanted = state_machine();
    if std::env::var_os("STANDFAST_UPDATE").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/state-machine.md is out of date; STANDFAST_UPDATE=1 writes it anew"
    );
}
