//! What a run of many seeds went through. A fault that never struck, a state that was never entered, a
//! transition that was never made, an act that was never asked of the engine or of the guard, or a reason to
//! hold that was never given proves nothing about itself.

use std::collections::BTreeMap;

use standfast_failover::{HoldReason, State, TRANSITIONS};

use crate::Counts;
use crate::engine::CALLS;
use crate::guards::REQUESTS;
use crate::schedule::FAULTS;

/// What is not demanded of a run, by name and with the reason. Each has its scenario in the decision core's
/// tests.
const NOT_DEMANDED: &[(&str, &str)] = &[
    (
        "NotAutomatic",
        "every seed is automatic: recovery without a person is what is demanded",
    ),
    ("StoreForgot", "no fault empties the store whole"),
    (
        "rejoining -> starting",
        "the record has to name a member its holder while that member rejoins",
    ),
    (
        "starting -> fencing",
        "an agent has to come back within the kill budget of its guard",
    ),
    (
        "following -> fencing",
        "a server that accepts writes without a right is what the guard rules out",
    ),
    (
        "acquiring -> fencing",
        "the deadline has to pass between the store's answer and the next step",
    ),
    (
        "releasing -> fencing",
        "a server has to run after the guard said that none does",
    ),
];

/// Sums up.
pub fn add(total: &mut Counts, more: Counts) {
    for (class, things) in more {
        let into = total.entry(class).or_default();
        for (thing, times) in things {
            *into.entry(thing).or_default() += times;
        }
    }
}

/// What none of many seeds went through, by class.
pub fn gaps(total: &Counts) -> BTreeMap<&'static str, Vec<String>> {
    let transitions = TRANSITIONS
        .iter()
        .map(|(from, to, _)| format!("{from} -> {to}"));
    let states = TRANSITIONS.iter().map(|(_, to, _)| *to);
    let wanted: [(&'static str, Vec<String>); 6] = [
        ("engine", names(CALLS)),
        ("guard", names(REQUESTS)),
        ("fault", names(FAULTS)),
        (
            "state",
            states.map(|state: State| state.to_string()).collect(),
        ),
        ("transition", transitions.collect()),
        ("hold", names(HoldReason::KINDS)),
    ];
    wanted
        .into_iter()
        .map(|(class, things)| {
            let seen = total.get(class);
            let missing = things
                .into_iter()
                .filter(|thing| !NOT_DEMANDED.iter().any(|(name, _)| name == thing))
                .filter(|thing| !seen.is_some_and(|seen| seen.contains_key(thing)))
                .collect();
            (class, missing)
        })
        .filter(|(_, missing): &(&str, Vec<String>)| !missing.is_empty())
        .collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
