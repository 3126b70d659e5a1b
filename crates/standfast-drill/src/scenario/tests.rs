//! The list of scenarios holds together.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_file_beside_the_table_is_a_scenario_of_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scenario");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|file| {
            file.file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .replace('_', "-")
        })
        .filter(|stem| !["mod", "script", "tests"].contains(&stem.as_str()))
        .collect();
    let listed: BTreeSet<String> = names().into_iter().map(str::to_owned).collect();
    assert_eq!(files, listed);
    assert_eq!(listed.len(), Scenario::ALL.len(), "a name is used twice");
}

#[test]
fn scenarios_read_back_from_their_names_and_from_json() {
    for scenario in Scenario::ALL {
        assert_eq!(scenario.to_string().parse(), Ok(*scenario));
        let json = serde_json::to_string(scenario).unwrap();
        assert_eq!(json, format!("\"{scenario}\""));
        assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), *scenario);
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_list_and_the_name_that_was_meant() {
    let refused = |name: &str| name.parse::<Scenario>().unwrap_err().to_string();
    let all = names().join(", ");
    for (name, expected) in [
        (
            "meteor",
            format!("there is no drill `meteor`; there are {all}"),
        ),
        (
            "region-lost",
            format!(
                "there is no drill `region-lost` (did you mean `region-loss`?); there are {all}"
            ),
        ),
        ("", format!("there is no drill ``; there are {all}")),
    ] {
        assert_eq!(refused(name), expected);
    }
    let refused = serde_json::from_str::<Scenario>("\"kill\"").unwrap_err();
    assert!(refused.to_string().contains(&all), "{refused}");
}

#[test]
fn names_are_fit_for_a_command_line_and_summaries_for_one_line_of_help() {
    for scenario in Scenario::ALL {
        let fit = |letter: char| letter.is_ascii_lowercase() || letter == '-';
        assert!(scenario.name().chars().all(fit), "{scenario}");
        let summary = scenario.summary();
        assert!(!summary.is_empty() && summary.len() <= 100, "{summary}");
        assert!(
            !summary.contains('\n') && !summary.ends_with('.'),
            "{summary}"
        );
    }
}

#[test]
fn what_is_known_to_be_missed_says_why() {
    for scenario in Scenario::ALL {
        match scenario.expectation() {
            Expectation::Kept { benchmark_runs } => assert!(benchmark_runs > 0, "{scenario}"),
            Expectation::Missed { reason } => assert!(!reason.is_empty(), "{scenario}"),
        }
    }
}
