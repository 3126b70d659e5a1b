//! Groups of logs: made before what writes to them would make them without a retention.

use std::time::Duration;

use crate::syntax::address::Address;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::region::AwsRegion;

/// The spans that `CloudWatch` offers, in days. Source: `PutRetentionPolicy` of its API.
const DAYS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// The shortest span on offer that is no shorter than was asked for, or the longest there is.
fn days(asked: Duration) -> i64 {
    let asked = i64::try_from(asked.as_secs().div_ceil(24 * 3600)).unwrap_or(i64::MAX);
    let fits = DAYS.into_iter().find(|days| *days >= asked);
    fits.unwrap_or(DAYS[DAYS.len() - 1])
}

/// Declares a group, which keeps logs at least as long as was asked for.
pub(crate) fn declare(
    topic: &str,
    key: &str,
    name: &str,
    retention: Duration,
    module: &mut ModuleFiles,
) -> Address {
    let group = ResourceType::CloudwatchLogGroup.named(key);
    let body = body! { "name": name, "retention_in_days": days(retention) };
    module.declare(topic, &group, body);
    group
}

/// The right to write to a group.
pub(crate) fn writing(region: &AwsRegion, group: &str) -> Statement {
    let streams = arn::in_account(
        "logs",
        &region.aws,
        &format!("log-group:{group}:log-stream:*"),
    );
    Statement::allow(
        "Logs",
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        vec![streams],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_kept_at_least_as_long_as_asked() {
        let of = |days_asked: u64| days(Duration::from_hours(days_asked * 24));
        assert_eq!(
            [of(0), of(1), of(2), of(14), of(15), of(9999)],
            [1, 1, 3, 14, 30, 3653]
        );
    }
}
