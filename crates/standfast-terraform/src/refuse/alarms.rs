//! Alarms on what nothing measures, or that look back too far.

use standfast_blueprint::Metric;
use standfast_units::format_duration;

use crate::kind::KINDS;
use crate::kind::alarm;
use crate::kind::record::host::find;
use crate::kind::series::Viewpoint;
use crate::refuse::bounds::DAY;
use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// Refuses alarms that would never ring.
pub(crate) fn bounds(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, spec) in &system.blueprint.alarms {
        let path = ["alarms", name.as_str()];
        let Some(of) = alarm::subject(KINDS, system, spec.metric, spec.of.as_ref()) else {
            continue;
        };
        let span = spec.period.saturating_mul(spec.count.get());
        if span > DAY * 7 || (spec.metric == Metric::BucketSize && spec.period < DAY) {
            refusals.push(
                Refusal::new(
                    RefusalCode::Limit,
                    &path,
                    format!(
                        "`{}` cannot be watched {} times over {}",
                        spec.metric,
                        spec.count,
                        format_duration(spec.period)
                    ),
                    "write a period from one minute (from `1d` for `bucket-size`), and seven days in all at most",
                )
                .note("the size of a bucket is measured once a day; alarms look back seven days"),
            );
        }
        if spec.metric == Metric::Reachability {
            let record = find(system, &of.name);
            if record.is_none_or(|(_, record)| record.probe.is_none()) {
                refusals.push(Refusal::new(
                    RefusalCode::Missing,
                    &path,
                    format!("nobody asks `{of}`, so nothing is known of its reachability"),
                    "give the record a `probe`",
                ));
            }
            continue;
        }
        if alarm::series_of(KINDS, system, spec.metric, &of, &mut Viewpoint::Region).is_empty() {
            refusals.push(
                Refusal::new(
                    RefusalCode::Missing,
                    &path,
                    format!("nothing publishes `{}` of `{of}`", spec.metric),
                    "watch something that has it, or remove the alarm",
                )
                .note(
                    "the metric belongs to followers, interfaces, instances or replicated buckets",
                ),
            );
        }
    }
}
