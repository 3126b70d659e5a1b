//! What is about to happen, in its order: by time, and at one instant in the order it was planned in.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// True time, in nanoseconds since the simulation began.
pub(crate) type Time = u64;

pub(crate) const MS: Time = 1_000_000;
pub(crate) const SECOND: Time = 1_000 * MS;

#[derive(Debug)]
pub(crate) struct Queue<T> {
    /// The instant, the number of the plan, and the slot of what is planned.
    heap: BinaryHeap<Reverse<(Time, u64, usize)>>,
    sequence: u64,
    /// What is planned stays where it is while the heap is put in order.
    slots: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            sequence: 0,
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(crate) fn plan(&mut self, at: Time, what: T) {
        self.sequence += 1;
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(Some(what));
        } else {
            self.slots[slot] = Some(what);
        }
        self.heap.push(Reverse((at, self.sequence, slot)));
    }

    /// The next thing to happen, unless it is later than `end`.
    pub(crate) fn next(&mut self, end: Time) -> Option<(Time, T)> {
        if self.heap.peek()?.0.0 > end {
            return None;
        }
        let Reverse((at, _, slot)) = self.heap.pop()?;
        let what = self.slots[slot].take()?;
        self.free.push(slot);
        Some((at, what))
    }
}
