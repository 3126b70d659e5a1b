//! Who may depend on whom among our crates, and what the pure ones may not depend on at all.
//!
//! A new arrow between crates is a change of architecture: it is made here, in the same pull request, and
//! said in its description. An arrow that no manifest draws any more goes with it, or the next one who
//! draws it would be asked nothing. `standfast-units` is implied everywhere.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use crate::metadata::Metadata;
use crate::program::{cargo, output};

const UNITS: &str = "standfast-units";

/// The crates, from the bottom up, and the arrows that each may have besides `units`. Adapters see the
/// contract they keep and neither each other, nor a runtime, nor the decision core.
const MAY_DEPEND_ON: &[(&str, Allowed)] = &[
    // Pure.
    (UNITS, Allowed::These(&[])),
    ("standfast-blueprint", Allowed::These(&[])),
    ("standfast-record", Allowed::These(&[])),
    // How the tests of machines tell what must happen; by their tests alone.
    ("standfast-scenarios", Allowed::These(&["standfast-record"])),
    (
        "standfast-failover",
        Allowed::These(&["standfast-record", "standfast-scenarios"]),
    ),
    // What the output of the next one is checked with, by its tests alone.
    ("standfast-terraform-check", Allowed::These(&[])),
    (
        "standfast-terraform",
        Allowed::These(&["standfast-blueprint", "standfast-terraform-check"]),
    ),
    ("standfast-zone", Allowed::These(&[])),
    // Clocks, and waiting for them: a crate that is not told the time reads it here.
    ("standfast-clock", Allowed::These(&[])),
    // Contracts.
    ("standfast-replication", Allowed::These(&[])),
    (
        "standfast-coordination",
        Allowed::These(&["standfast-clock", "standfast-record"]),
    ),
    // Adapters.
    (
        "standfast-store",
        Allowed::These(&[
            "standfast-clock",
            "standfast-coordination",
            "standfast-record",
        ]),
    ),
    (
        "standfast-postgres",
        Allowed::These(&["standfast-replication"]),
    ),
    ("standfast-dns", Allowed::These(&["standfast-zone"])),
    ("standfast-local", Allowed::These(&["standfast-clock"])),
    // Safety at the edge: almost no code, almost no dependencies.
    ("standfast-guard", Allowed::These(&["standfast-clock"])),
    ("standfast-proxy", Allowed::These(&["standfast-record"])),
    // Runtimes. The agent speaks the guard's protocol, and so needs its words.
    (
        "standfast-agent",
        Allowed::These(&[
            "standfast-clock",
            "standfast-coordination",
            "standfast-failover",
            "standfast-guard",
            "standfast-record",
            "standfast-replication",
            "standfast-scenarios",
        ]),
    ),
    (
        "standfast-controller",
        Allowed::These(&[
            "standfast-clock",
            "standfast-coordination",
            "standfast-failover",
            "standfast-record",
            "standfast-replication",
            "standfast-scenarios",
            "standfast-zone",
        ]),
    ),
    // Sees a system only from outside: sharing code with what it examines, it would share its mistakes.
    ("standfast-drill", Allowed::These(&[])),
    // The machines of all processes, over models of what is outside them.
    (
        "standfast-sim",
        Allowed::These(&[
            "standfast-agent",
            "standfast-controller",
            "standfast-failover",
            "standfast-guard",
            "standfast-proxy",
            "standfast-record",
            "standfast-replication",
            "standfast-store",
            "standfast-zone",
        ]),
    ),
    // The only place that picks adapters and joins them to runtimes.
    ("standfast-cli", Allowed::All),
    // Pairs the pages on errors with the codes.
    (
        "xtask",
        Allowed::These(&["standfast-blueprint", "standfast-terraform"]),
    ),
];

#[derive(Debug)]
enum Allowed {
    These(&'static [&'static str]),
    All,
}

/// Crates that compute and do nothing else: no task, file, socket, environment, clock or random source. Of
/// those with a runtime this is said without their features: what is left is the machine.
const PURE: [&str; 13] = [
    UNITS,
    "standfast-agent",
    "standfast-blueprint",
    "standfast-controller",
    "standfast-failover",
    "standfast-guard",
    "standfast-proxy",
    "standfast-record",
    "standfast-replication",
    "standfast-sim",
    "standfast-store",
    "standfast-terraform",
    "standfast-zone",
];

/// Crates through which one would have them.
const IMPURE: [&str; 11] = [
    "chrono",
    "getrandom",
    "jiff",
    "libc",
    "mio",
    "nix",
    "rand",
    "rustix",
    "socket2",
    "standfast-clock",
    "tokio",
];

/// All breaches.
pub(crate) fn breaches(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let mut breaches = arrows(&taken(metadata), MAY_DEPEND_ON);
    for name in PURE {
        breaches.extend(impurities(name)?);
    }
    Ok(breaches)
}

/// Our crates, and which of ours each takes, for whatever purpose.
type Taken<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn taken(metadata: &Metadata) -> Taken<'_> {
    metadata
        .members()
        .map(|package| {
            let ours = package
                .dependencies
                .iter()
                .filter(|each| each.path.is_some());
            let targets = ours.map(|each| each.name.as_str()).collect();
            (package.name.as_str(), targets)
        })
        .collect()
}

fn arrows(taken: &Taken, table: &[(&str, Allowed)]) -> Vec<String> {
    let mut breaches = Vec::new();
    for (name, targets) in taken {
        let Some((_, allowed)) = table.iter().find(|(each, _)| each == name) else {
            breaches.push(format!("{name} has no place in the table of {}", file!()));
            continue;
        };
        for target in targets {
            if !may(name, target, allowed) {
                breaches.push(format!("{name} must not depend on {target}"));
            }
        }
    }
    for (name, allowed) in table {
        match (taken.get(name), allowed) {
            (None, _) => breaches.push(format!(
                "{name} stands in the table of {}, but is gone",
                file!()
            )),
            (Some(targets), Allowed::These(names)) => {
                let unused = names.iter().filter(|target| !targets.contains(*target));
                breaches.extend(unused.map(|target| {
                    format!(
                        "{name} may depend on {target} and does not: take the arrow out of {}",
                        file!()
                    )
                }));
            }
            (Some(_), Allowed::All) => {}
        }
    }
    breaches
}

fn may(from: &str, to: &str, allowed: &Allowed) -> bool {
    // A crate may take itself, with more features, for its tests.
    let implied = to == UNITS || to == from;
    implied
        || match allowed {
            Allowed::All => true,
            Allowed::These(names) => names.contains(&to),
        }
}

/// What a pure crate would drag in, by way of any number of others. `cargo tree` resolves features for
/// this crate alone, as `cargo metadata` does not.
fn impurities(name: &str) -> anyhow::Result<Vec<String>> {
    let tree = output(&mut cargo([
        "tree",
        "--locked",
        "--quiet",
        "--edges=normal",
        "--no-default-features",
        "--prefix=none",
        "--format={p}",
        "--package",
        name,
    ]))
    .with_context(|| format!("cannot see what {name} depends on"))?;
    let below: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    Ok(IMPURE
        .iter()
        .filter(|impure| below.contains(*impure))
        .map(|impure| {
            format!(
                "{name} is pure and must not reach {impure}: \
                 `cargo tree -e normal --no-default-features -p {name} -i {impure}`"
            )
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_see_neither_each_other_nor_a_runtime_nor_the_core() {
        let adapters = ["standfast-postgres", "standfast-dns", "standfast-local"];
        let apart = [
            "standfast-agent",
            "standfast-controller",
            "standfast-failover",
        ];
        for from in adapters {
            let (_, allowed) = MAY_DEPEND_ON
                .iter()
                .find(|(name, _)| *name == from)
                .unwrap();
            for to in adapters.iter().chain(&apart).filter(|to| **to != from) {
                assert!(!may(from, to, allowed), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn an_arrow_points_to_a_crate_further_up_in_the_table() {
        for (index, (name, allowed)) in MAY_DEPEND_ON.iter().enumerate() {
            let Allowed::These(targets) = allowed else {
                continue;
            };
            for target in *targets {
                let place = MAY_DEPEND_ON.iter().position(|(each, _)| each == target);
                assert!(
                    place.is_some_and(|place| place < index),
                    "{name} -> {target}"
                );
            }
        }
    }

    #[test]
    fn the_table_is_what_the_manifests_draw() {
        let table = [
            (UNITS, Allowed::These(&[])),
            ("a", Allowed::These(&[])),
            ("b", Allowed::These(&["a"])),
            ("c", Allowed::All),
        ];
        let check = |drawn: &[(&'static str, &[&'static str])], expected: &[&str]| {
            let taken = drawn
                .iter()
                .map(|(name, targets)| (*name, targets.iter().copied().collect()))
                .collect();
            let breaches = arrows(&taken, &table);
            assert_eq!(breaches.len(), expected.len(), "{breaches:?}");
            for (breach, start) in breaches.iter().zip(expected) {
                assert!(breach.starts_with(start), "{breach}");
            }
        };
        let (units, a, b) = (
            (UNITS, &[][..]),
            ("a", &[UNITS, "a"][..]),
            ("b", &["a"][..]),
        );
        let c = ("c", &[][..]);
        check(&[units, a, b, c], &[]);
        check(
            &[units, a, ("b", &[UNITS]), c],
            &["b may depend on a and does not"],
        );
        check(&[units, ("a", &["b"]), b, c], &["a must not depend on b"]);
        check(&[units, a, b, c, ("d", &[])], &["d has no place"]);
        check(&[units, a, b], &["c stands in the table"]);
    }
}
