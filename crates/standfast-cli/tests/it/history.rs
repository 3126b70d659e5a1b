//! What clients were told, and what may be concluded from it.

use std::collections::BTreeSet;

use standfast_units::Timestamp;

/// A row: who wrote it, and its number.
pub(crate) type Row = (String, u64);

/// What came of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The commit was confirmed; the timeline it was written on.
    Acknowledged(u32),
    /// It was not: there was no connection, or an error.
    Failed(String),
    /// The client cannot tell: the connection was lost meanwhile, or the client ended.
    Unknown(String),
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) number: u64,
    /// Counts from one.
    pub(crate) connection: u32,
    pub(crate) sent_at: Timestamp,
    pub(crate) answered_at: Timestamp,
    pub(crate) answer: Answer,
}

/// Everything one client did, in order.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) writer: String,
    pub(crate) writes: Vec<Write>,
}

impl History {
    pub(crate) fn acknowledged(&self) -> impl Iterator<Item = (&Write, u32)> {
        self.writes.iter().filter_map(|write| match write.answer {
            Answer::Acknowledged(timeline) => Some((write, timeline)),
            Answer::Failed(_) | Answer::Unknown(_) => None,
        })
    }

    /// Rows that were confirmed to this client and are not there.
    pub(crate) fn lost(&self, rows: &BTreeSet<Row>) -> Vec<u64> {
        self.acknowledged()
            .map(|(write, _)| write.number)
            .filter(|number| !rows.contains(&(self.writer.clone(), *number)))
            .collect()
    }

    /// Writes that did not end with a confirmation, but for the last, which the end of the client cuts
    /// off.
    pub(crate) fn failures(&self) -> Vec<&Write> {
        let all_but_last = &self.writes[..self.writes.len().saturating_sub(1)];
        all_but_last
            .iter()
            .filter(|write| !matches!(write.answer, Answer::Acknowledged(_)))
            .collect()
    }

    /// Confirmations of writes that were begun after an instant. An answer that was on its way by then may
    /// still be read later (P19: at most one for each connection).
    pub(crate) fn acknowledged_after(&self, at: Timestamp) -> Vec<&Write> {
        self.acknowledged()
            .filter(|(write, _)| write.sent_at > at)
            .map(|(write, _)| write)
            .collect()
    }
}

/// Confirmations of one timeline that arrived after the first of a later one had arrived anywhere.
pub(crate) fn stale<'a>(
    of: impl IntoIterator<Item = &'a History>,
    among: &[&History],
) -> Vec<(String, Write)> {
    let later_began_at = |timeline: u32| {
        among
            .iter()
            .flat_map(|history| history.acknowledged())
            .filter(|(_, each)| *each > timeline)
            .map(|(write, _)| write.answered_at)
            .min()
    };
    of.into_iter()
        .flat_map(|history| {
            history
                .acknowledged()
                .map(|(write, timeline)| (&history.writer, write, timeline))
        })
        .filter(|(_, write, timeline)| {
            later_began_at(*timeline).is_some_and(|began_at| write.answered_at > began_at)
        })
        .map(|(writer, write, _)| (writer.clone(), write.clone()))
        .collect()
}

/// Checks that nothing was found, and shows the first few if something was.
#[track_caller]
pub(crate) fn none<T: std::fmt::Debug>(what: &str, found: &[T]) {
    let first = &found[..found.len().min(3)];
    assert!(
        found.is_empty(),
        "{} {what}, the first are {first:?}",
        found.len()
    );
}
