//! What is about to happen, in its order: by time, and at one instant in the order it was planned in.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// True time, in nanoseconds since the simulation began.
pub(crate) type Time = u64;

pub(crate) const MS: Time = 1_000_000;
pub(crate) const SECOND: Time = 1_000 * MS;

#[derive(Debug)]
struct Planned<T> {
    at: Time,
    sequence: u64,
    what: T,
}

impl<T> PartialEq for Planned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}

impl<T> Eq for Planned<T> {}

impl<T> PartialOrd for Planned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Planned<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

#[derive(Debug)]
pub(crate) struct Queue<T> {
    heap: BinaryHeap<Reverse<Planned<T>>>,
    sequence: u64,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            sequence: 0,
        }
    }

    pub(crate) fn plan(&mut self, at: Time, what: T) {
        self.sequence += 1;
        let sequence = self.sequence;
        self.heap.push(Reverse(Planned { at, sequence, what }));
    }

    /// The next thing to happen, unless it is later than `end`.
    pub(crate) fn next(&mut self, end: Time) -> Option<(Time, T)> {
        if self.heap.peek()?.0.at > end {
            return None;
        }
        let Reverse(planned) = self.heap.pop()?;
        Some((planned.at, planned.what))
    }
}
