//! Gap arithmetic: how long no acknowledgement arrived.

use std::time::Duration;

use standfast_units::Timestamp;

/// A span without an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The last acknowledgement before it, or the start of the window when there was none.
    pub from: Timestamp,
    /// The first acknowledgement after it, or the end of the window when there was none.
    pub until: Timestamp,
    /// Whether an acknowledgement ended it. A gap that none ended is at least this long.
    pub ended: bool,
}

impl Gap {
    /// How long it lasted.
    pub fn length(&self) -> Duration {
        self.until.since(self.from)
    }
}

/// The longest gap among acknowledgements (sorted), from the last one at or before `fault_at` up to
/// `until`. The first of the longest, when several are equally long.
///
/// Acknowledgements after `until` do not count; without any at or before the fault the gap begins
/// at the fault.
pub fn longest_gap(acknowledged_at: &[Timestamp], fault_at: Timestamp, until: Timestamp) -> Gap {
    let split = acknowledged_at.partition_point(|at| *at <= fault_at);
    let mut from = match split.checked_sub(1) {
        Some(last) => acknowledged_at[last],
        None => fault_at,
    };
    let mut longest = Gap {
        from,
        until: from,
        ended: true,
    };
    for &at in acknowledged_at[split..]
        .iter()
        .take_while(|at| **at <= until)
    {
        let gap = Gap {
            from,
            until: at,
            ended: true,
        };
        if gap.length() > longest.length() {
            longest = gap;
        }
        from = at;
    }
    let rest = Gap {
        from,
        until: until.max(from),
        ended: false,
    };
    if rest.length() > longest.length() {
        longest = rest;
    }
    longest
}

/// The longest gap between two acknowledgements (sorted) up to `until`: how finely the load measures.
pub(crate) fn resolution(acknowledged_at: &[Timestamp], until: Timestamp) -> Duration {
    acknowledged_at
        .windows(2)
        .take_while(|pair| pair[1] <= until)
        .map(|pair| pair[1].since(pair[0]))
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn check(acknowledged: &[u64], fault: u64, until: u64, expected: (u64, u64, bool)) {
        let acknowledged: Vec<_> = acknowledged.iter().copied().map(ms).collect();
        let gap = longest_gap(&acknowledged, ms(fault), ms(until));
        let (from, to, ended) = expected;
        assert_eq!(
            gap,
            Gap {
                from: ms(from),
                until: ms(to),
                ended
            }
        );
    }

    #[test]
    fn the_outage_runs_from_the_last_acknowledgement_before_to_the_first_after() {
        check(&[10, 20, 30, 930, 940], 35, 950, (30, 930, true));
    }

    #[test]
    fn a_gap_before_the_fault_does_not_count() {
        check(&[0, 500, 510, 520], 515, 525, (510, 520, true));
    }

    #[test]
    fn a_longer_gap_later_counts_more() {
        check(&[10, 40, 50, 350, 360], 20, 365, (50, 350, true));
    }

    #[test]
    fn an_outage_nothing_ended_lasts_until_the_end_and_says_so() {
        check(&[10, 20], 25, 5_000, (20, 5_000, false));
        check(&[], 25, 5_000, (25, 5_000, false));
    }

    #[test]
    fn what_arrives_after_the_end_of_the_load_does_not_end_an_outage() {
        check(&[10, 6_000], 25, 5_000, (10, 5_000, false));
    }

    #[test]
    fn resolution_is_the_longest_gap_before_the_fault() {
        let acknowledged: Vec<_> = [0, 10, 30, 35, 900].into_iter().map(ms).collect();
        assert_eq!(resolution(&acknowledged, ms(40)), Duration::from_millis(20));
        assert_eq!(resolution(&[], ms(40)), Duration::ZERO);
    }

    proptest! {
        /// The definition, spelled out slowly: no acknowledgement lies inside, and no other pair of
        /// neighbours lies further apart.
        #[test]
        fn the_longest_gap_is_empty_and_longest(
            mut times in prop::collection::vec(0u64..2_000, 0..60),
            fault in 0u64..2_000,
            more in 0u64..1_000,
        ) {
            times.sort_unstable();
            let until = fault + more;
            let acknowledged: Vec<_> = times.iter().copied().map(ms).collect();
            let gap = longest_gap(&acknowledged, ms(fault), ms(until));
            prop_assert!(gap.from <= gap.until);
            prop_assert!(!acknowledged.iter().any(|at| *at > gap.from && *at < gap.until));

            let mut marks: Vec<_> = times.iter().copied().filter(|t| *t > fault && *t <= until).collect();
            let start = times.iter().copied().filter(|t| *t <= fault).max().unwrap_or(fault);
            marks.insert(0, start);
            marks.push(until.max(start));
            let expected = marks.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            prop_assert_eq!(gap.length(), Duration::from_millis(expected));
        }

        /// More acknowledgements never make an outage longer.
        #[test]
        fn one_more_acknowledgement_never_lengthens_the_outage(
            mut times in prop::collection::vec(0u64..2_000, 1..60),
            extra in 0u64..2_000,
            fault in 0u64..2_000,
        ) {
            times.sort_unstable();
            let before: Vec<_> = times.iter().copied().map(ms).collect();
            times.push(extra);
            times.sort_unstable();
            let after: Vec<_> = times.iter().copied().map(ms).collect();
            let until = ms(2_000);
            prop_assume!(before.iter().any(|at| *at <= ms(fault)));
            prop_assert!(
                longest_gap(&after, ms(fault), until).length()
                    <= longest_gap(&before, ms(fault), until).length()
            );
        }
    }
}
