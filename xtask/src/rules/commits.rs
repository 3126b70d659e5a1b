//! What subjects of commits say: what changes in the product, in the imperative, in one short line.
//!
//! Whether a word is an imperative is judged by its ending, which is right often enough: what is refused
//! wrongly has a better verb. Commits up to [`BASE`] are older than the rule. Where git has no history to
//! tell (an archive of the sources, a shallow clone), there is nothing to look at.

use std::path::Path;
use std::process::Command;

use crate::program::output;

/// The last commit before the rule.
const BASE: &str = "0d93660";

/// Longest subject, in characters: what `git log` and mails show of it.
const CHARACTERS_MAX: usize = 72;

/// Endings of what has happened or is happening.
const ENDINGS: [&str; 2] = ["ed", "ing"];

/// Imperatives that end as if they were something else.
const IMPERATIVES: [&str; 16] = [
    "address", "alias", "bias", "bleed", "bring", "embed", "exceed", "feed", "focus", "heed",
    "need", "ping", "proceed", "seed", "speed", "string",
];

/// First words that are no verb, or a verb in the past.
const OTHERS: [&str; 20] = [
    "a", "all", "an", "each", "every", "found", "gave", "it", "its", "kept", "made", "more", "no",
    "now", "so", "some", "the", "what", "when", "wrote",
];

/// Words about how a change came about. A type may be called `Session`, so case counts.
const OF_THE_WORK: [&str; 9] = [
    "review", "reviews", "reviewed", "feedback", "session", "sessions", "as asked", "WIP", "fixup",
];

/// All breaches; `None` where there is no history to look at.
pub(crate) fn breaches() -> anyhow::Result<Option<Vec<String>>> {
    breaches_since(BASE, Path::new("."))
}

fn breaches_since(base: &str, folder: &Path) -> anyhow::Result<Option<Vec<String>>> {
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(words);
        command
    };
    let commit = format!("{base}^{{commit}}");
    if output(&mut git(&["merge-base", "--is-ancestor", &commit, "HEAD"])).is_err() {
        return Ok(None);
    }
    let range = format!("{base}..HEAD");
    let log = output(&mut git(&["log", "--no-merges", "--format=%h %s", &range]))?;
    Ok(Some(log.lines().filter_map(breach).collect()))
}

/// What is wrong with a commit, given as its short hash and subject.
fn breach(commit: &str) -> Option<String> {
    let (_, subject) = commit.split_once(' ')?;
    let problem = problem(subject)?;
    Some(format!("{commit}: {problem}"))
}

fn problem(subject: &str) -> Option<String> {
    let characters = subject.chars().count();
    if characters > CHARACTERS_MAX {
        return Some(format!("{characters} characters, at most {CHARACTERS_MAX}"));
    }
    if let Some(word) = OF_THE_WORK
        .iter()
        .find(|word| super::text::mentions(subject, word))
    {
        return Some(format!(
            "`{word}` is about the work; say what changes in the product"
        ));
    }
    let first = first_word(subject);
    (!is_imperative(&first)).then(|| format!("`{first}` is no imperative"))
}

/// The first word, after the area before a colon if there is one.
fn first_word(subject: &str) -> String {
    let after = match subject.split_once(": ") {
        Some((area, after)) if !area.contains(' ') => after,
        _ => subject,
    };
    let first = after.split(' ').next().unwrap_or_default();
    first
        .trim_matches(|letter: char| !letter.is_alphanumeric())
        .to_lowercase()
}

fn is_imperative(word: &str) -> bool {
    let third_person = word.ends_with('s') && !word.ends_with("ss");
    let other = third_person
        || ENDINGS.iter().any(|ending| word.ends_with(ending))
        || OTHERS.contains(&word)
        || word.is_empty();
    !other || IMPERATIVES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imperatives_pass() {
        for subject in [
            "Refuse an older epoch",
            "xtask: print the time of each step",
            "postgres/history: bring the end of the log",
            "Rename `postgres::Session` to `Connection`",
            "Need a lease before: the gate opens",
            "Embed the schema",
            "Pass over what is preview",
        ] {
            assert_eq!(problem(subject), None, "{subject}");
        }
        assert_eq!(
            problem(&format!("Add {}", "x".repeat(CHARACTERS_MAX - 4))),
            None
        );
    }

    #[test]
    fn what_is_no_imperative_is_told() {
        for (subject, word) in [
            ("Added a rule", "added"),
            ("xtask: adds a rule", "adds"),
            ("agent: Fixing the fence", "fixing"),
            ("Documents and chores", "documents"),
            ("The fence holds", "the"),
            ("synth: so does the region", "so"),
            ("", ""),
        ] {
            let expected = format!("`{word}` is no imperative");
            assert_eq!(problem(subject), Some(expected), "{subject}");
        }
    }

    #[test]
    fn what_is_about_the_work_is_told() {
        for word in OF_THE_WORK {
            let told = problem(&format!("Change the fence ({word})"));
            assert!(told.is_some_and(|told| told.contains(word)), "{word}");
        }
        assert!(problem("fixup! Refuse an older epoch").is_some());
    }

    #[test]
    fn a_subject_too_long_is_told_with_its_commit() {
        let long = format!("0d93660 Add {}", "ä".repeat(CHARACTERS_MAX - 3));
        assert_eq!(
            breach(&long).unwrap(),
            format!("{long}: 73 characters, at most 72")
        );
        assert_eq!(breach("0d93660 Add a rule"), None);
    }

    #[test]
    fn the_history_is_looked_at_from_the_base_on() {
        let folder = std::env::temp_dir().join(format!("xtask-commits-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let git = |words: &[&str]| {
            let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
            let mut command = Command::new("git");
            let command = command.arg("-C").arg(&folder).args(identity).args(words);
            output(command).unwrap()
        };
        let commit = |subject| git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
        assert_eq!(
            breaches_since(BASE, &folder).unwrap(),
            None,
            "no repository"
        );

        git(&["init", "--quiet"]);
        commit("Findings of long ago");
        let base = git(&["rev-parse", "HEAD"]);
        commit("Refuse an older epoch");
        let since = || breaches_since(base.trim(), &folder).unwrap();
        assert_eq!(since(), Some(Vec::new()));
        commit("Refused it");
        let told = since().unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with("Refused it: `refused` is no imperative"));
        assert_eq!(
            breaches_since(BASE, &folder).unwrap(),
            None,
            "another history"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
