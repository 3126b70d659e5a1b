//! Alarms: a metric and the value it must not pass.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::choice::Statistic;
use crate::defaults;
use crate::grammar::record;
use crate::section::metric::Metric;
use crate::section::threshold::Threshold;
use crate::text::reference::Reference;

record! {
    /// An alarm: a metric and the value it must not pass.
    pub struct AlarmSpec {
        /// What is measured.
        required metric: Metric,
        /// What it is measured of; may be left out where only one thing has the metric.
        optional of: Reference,
        /// It rings above this.
        optional above: Threshold,
        /// It rings below this.
        optional below: Threshold,
        /// What is taken of the values of a period.
        default statistic: Statistic = Statistic::Average,
        /// The time over which values are taken together.
        default period: Duration = defaults::ALARM_PERIOD,
        /// How many periods in a row must be past the threshold.
        default count: NonZeroU32 = defaults::ALARM_COUNT,
    }
}
