//! The steps of a command: name, time and result of each, and all of them once more at the end, the longest
//! first, so that who waits for a command can see for what.

use std::cmp::Reverse;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::signals;

/// What came of a step.
#[derive(Debug)]
enum Ending {
    Done(Duration),
    Failed(Duration),
    Skipped(String),
}

/// The steps of one command, as they are taken.
#[derive(Debug)]
pub(crate) struct Steps {
    command: &'static str,
    since: Stopwatch,
    taken: Vec<(String, Ending)>,
}

impl Steps {
    pub(crate) fn of(command: &'static str) -> Self {
        Self {
            command,
            since: Stopwatch::start(),
            taken: Vec::new(),
        }
    }

    /// Takes a step, unless we were interrupted; whether it was taken and succeeded.
    pub(crate) fn take(
        &mut self,
        name: impl Into<String>,
        step: impl FnOnce() -> anyhow::Result<()>,
    ) -> bool {
        let name = name.into();
        if signals::interrupted() {
            self.skip(name, "interrupted");
            return false;
        }
        self.take_anyway(name, step)
    }

    /// Takes a step that must be taken even after Ctrl-C.
    pub(crate) fn take_anyway(
        &mut self,
        name: impl Into<String>,
        step: impl FnOnce() -> anyhow::Result<()>,
    ) -> bool {
        let name = name.into();
        say(&format!("==> {name}"));
        let since = Stopwatch::start();
        let result = step();
        let took = since.elapsed();
        let done = result.is_ok();
        if let Err(error) = result {
            say(&format!("  failed: {error:#}"));
        }
        say(&format!(
            "  {} after {}",
            if done { "done" } else { "FAILED" },
            seconds(took)
        ));
        let ending = if done {
            Ending::Done(took)
        } else {
            Ending::Failed(took)
        };
        self.taken.push((name, ending));
        done
    }

    /// Names what is not done, and why.
    pub(crate) fn skip(&mut self, name: impl Into<String>, reason: impl Into<String>) {
        let (name, reason) = (name.into(), reason.into());
        say(&format!("==> {name}\n  skipped: {reason}"));
        self.taken.push((name, Ending::Skipped(reason)));
    }

    /// Whether no step has failed so far.
    pub(crate) fn all_done(&self) -> bool {
        !self
            .taken
            .iter()
            .any(|(_, ending)| matches!(ending, Ending::Failed(_)))
    }

    /// Sums up; what was skipped comes last.
    pub(crate) fn finish(self) -> ExitCode {
        let done = self.all_done() && !signals::interrupted();
        say(&self.summary(self.since.elapsed(), done));
        if done {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// A row for each step that was taken, the longest first, and the total.
    fn times(&self) -> Vec<String> {
        let mut taken: Vec<(&str, &str, Duration)> = self
            .taken
            .iter()
            .filter_map(|(name, ending)| match ending {
                Ending::Done(took) => Some(("done", name.as_str(), *took)),
                Ending::Failed(took) => Some(("FAILED", name.as_str(), *took)),
                Ending::Skipped(_) => None,
            })
            .collect();
        taken.sort_by_key(|(_, _, took)| Reverse(*took));
        let total = taken.iter().map(|(_, _, took)| *took).sum();
        let rows = taken
            .iter()
            .map(|(ending, name, took)| row(ending, *took, name));
        let count = format!("{} steps", taken.len());
        rows.chain([row("total", total, &count)]).collect()
    }

    fn summary(&self, took: Duration, done: bool) -> String {
        let mut lines = vec![format!(
            "\n{} {} after {}",
            self.command,
            if done { "succeeded" } else { "FAILED" },
            seconds(took)
        )];
        lines.extend(self.times());
        let skipped: Vec<String> = self
            .taken
            .iter()
            .filter_map(|(name, ending)| match ending {
                Ending::Skipped(reason) => Some(format!("  {name}: {reason}")),
                Ending::Done(_) | Ending::Failed(_) => None,
            })
            .collect();
        if skipped.is_empty() {
            lines.push("skipped: nothing".to_owned());
        } else {
            lines.push("skipped:".to_owned());
            lines.extend(skipped);
        }
        lines.join("\n")
    }
}

fn row(ending: &str, took: Duration, name: &str) -> String {
    format!("  {ending:<6}  {:>8}  {name}", seconds(took))
}

fn seconds(span: Duration) -> String {
    format!("{:.1}s", span.as_secs_f64())
}

/// Says something about the work.
pub(crate) fn say(text: &str) {
    // When stderr is closed, there is no place left to say so.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failing_step_and_the_skipped_one_are_named_at_the_end() {
        let mut steps = Steps::of("test");
        assert!(steps.take_anyway("format", || Ok(())));
        assert!(!steps.take_anyway("lints", || anyhow::bail!("three warnings")));
        steps.skip("advisories", "no database");
        assert!(!steps.all_done());
        let summary = steps.summary(Duration::from_secs(2), steps.all_done());
        assert!(summary.contains("test FAILED after 2.0s"), "{summary}");
        assert!(summary.contains("FAILED      0.0s  lints"), "{summary}");
        assert!(summary.contains("total       0.0s  2 steps"), "{summary}");
        assert!(
            summary.ends_with("skipped:\n  advisories: no database"),
            "{summary}"
        );
    }

    #[test]
    fn the_longest_step_is_told_first_and_the_total_last() {
        let mut steps = Steps::of("test");
        for (name, ending) in [
            ("format", Ending::Done(Duration::from_millis(1_500))),
            ("tests", Ending::Done(Duration::from_secs(700))),
            ("advisories", Ending::Skipped("no database".to_owned())),
            ("lints", Ending::Failed(Duration::from_secs(90))),
        ] {
            steps.taken.push((name.to_owned(), ending));
        }
        assert_eq!(
            steps.times(),
            [
                "  done      700.0s  tests",
                "  FAILED     90.0s  lints",
                "  done        1.5s  format",
                "  total     791.5s  3 steps",
            ]
        );
    }
}
