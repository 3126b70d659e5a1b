//! Who reaches whom, and how fast. What is cut is delivered late, as TCP does, as long as the connection
//! lasts; giving connections up is the business of those who hold them.

use std::time::Duration;

use crate::rng::Rng;

/// A place that sends and receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    /// A machine with a database.
    Node(usize),
    /// The controller and the proxy of a region.
    Region(usize),
    Store,
}

impl Endpoint {
    fn bit(self) -> u32 {
        match self {
            Self::Node(index) => 1 << index,
            Self::Region(index) => 1 << (8 + index),
            Self::Store => 1 << 16,
        }
    }
}

/// Several places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Places(u32);

impl Places {
    pub(crate) fn of(places: impl IntoIterator<Item = Endpoint>) -> Self {
        Self(places.into_iter().fold(0, |bits, each| bits | each.bit()))
    }

    fn contains(self, place: Endpoint) -> bool {
        self.0 & place.bit() != 0
    }
}

#[derive(Debug, Clone)]
struct Cut {
    id: usize,
    from: Places,
    to: Places,
}

#[derive(Debug, Default)]
pub(crate) struct Network {
    cuts: Vec<Cut>,
    /// Added to every delay between regions, with the number of the fault that does so.
    slow: Vec<(usize, Duration)>,
}

impl Network {
    pub(crate) fn passes(&self, from: Endpoint, to: Endpoint) -> bool {
        !self
            .cuts
            .iter()
            .any(|cut| cut.from.contains(from) && cut.to.contains(to))
    }

    pub(crate) fn connects(&self, one: Endpoint, other: Endpoint) -> bool {
        self.passes(one, other) && self.passes(other, one)
    }

    /// How long a message takes that does pass.
    pub(crate) fn delay(&self, rng: &mut Rng) -> Duration {
        let usual = if rng.chance(20) {
            rng.micros(5_000, 60_000)
        } else {
            rng.micros(200, 8_000)
        };
        self.slow
            .iter()
            .fold(usual, |delay, (_, more)| delay + *more)
    }

    pub(crate) fn cut(&mut self, id: usize, from: Places, to: Places) {
        self.cuts.push(Cut { id, from, to });
    }

    pub(crate) fn slow_down(&mut self, id: usize, by: Duration) {
        self.slow.push((id, by));
    }

    /// Ends what a fault did.
    pub(crate) fn mend(&mut self, id: usize) {
        self.cuts.retain(|cut| cut.id != id);
        self.slow.retain(|(by, _)| *by != id);
    }

    pub(crate) fn mend_all(&mut self) {
        self.cuts.clear();
        self.slow.clear();
    }
}
