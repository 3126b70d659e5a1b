//! Several runs of one drill, taken together.

use serde::{Deserialize, Serialize};

use crate::report::DrillReport;
use crate::scenario::Scenario;

/// The spread of one number over several runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// The smallest.
    pub min: u64,
    /// The middle one; of an even number of runs, the upper of the two.
    pub median: u64,
    /// The largest.
    pub max: u64,
}

impl Spread {
    /// Of these numbers; `None` when there are none.
    pub fn of(numbers: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut numbers: Vec<_> = numbers.into_iter().collect();
        numbers.sort_unstable();
        Some(Self {
            min: *numbers.first()?,
            median: *numbers.get(numbers.len() / 2)?,
            max: *numbers.last()?,
        })
    }
}

/// Several runs of one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The version of this form.
    pub version: u32,
    /// The scenario.
    pub scenario: Scenario,
    /// How many runs.
    pub runs: usize,
    /// In how many the promise was kept.
    pub kept: usize,
    /// The outage as clients saw it, in milliseconds.
    pub outage_ms: Spread,
    /// Acknowledged writes lost.
    pub lost: Spread,
    /// The time's worth of acknowledged writes lost, in milliseconds.
    pub loss_ms: Spread,
    /// Acknowledgements out of epoch, through a proxy.
    pub stale_proxy: Spread,
    /// Acknowledgements out of epoch, on direct connections.
    pub stale_direct: Spread,
    /// The five phases together, in milliseconds.
    pub phases_ms: Spread,
}

/// Takes runs of one scenario together; `None` when there are none, or they are of different scenarios.
pub fn summarise(reports: &[DrillReport]) -> Option<Summary> {
    let scenario = reports.first()?.scenario;
    if reports.iter().any(|report| report.scenario != scenario) {
        return None;
    }
    let spread = |number: fn(&DrillReport) -> u64| Spread::of(reports.iter().map(number));
    Some(Summary {
        version: crate::report::VERSION,
        scenario,
        runs: reports.len(),
        kept: reports.iter().filter(|report| report.kept).count(),
        outage_ms: spread(|report| whole_ms(report.verdict.outage.length))?,
        lost: spread(|report| report.verdict.lost.len() as u64)?,
        loss_ms: spread(|report| whole_ms(report.verdict.loss))?,
        stale_proxy: spread(|report| report.verdict.stale_through_proxy() as u64)?,
        stale_direct: spread(|report| {
            (report.verdict.stale.len() - report.verdict.stale_through_proxy()) as u64
        })?,
        phases_ms: spread(|report| report.phases.total_ms())?,
    })
}

fn whole_ms(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_smallest_middle_largest() {
        let spread = |min, median, max| Some(Spread { min, median, max });
        assert_eq!(Spread::of([5, 1, 9]), spread(1, 5, 9));
        assert_eq!(Spread::of([4, 2]), spread(2, 4, 4));
        assert_eq!(Spread::of([7]), spread(7, 7, 7));
        assert_eq!(Spread::of([]), None);
    }
}
