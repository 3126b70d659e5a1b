//! What tells the answers to effects apart.

/// The number of an effect whose answer is awaited; never given twice in one life of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// Gives tickets out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tickets {
    last: u64,
}

impl Tickets {
    pub(crate) fn next(&mut self) -> Ticket {
        self.last += 1;
        Ticket(self.last)
    }
}
