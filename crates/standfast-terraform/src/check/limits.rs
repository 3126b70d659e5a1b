//! Values that AWS takes only within bounds.

use std::time::Duration;

use standfast_blueprint::{Metric, RecordSpec};
use standfast_units::format_duration;

use crate::alarm;
use crate::database::version;
use crate::metric::{self, From};
use crate::refusal::{Code, Refusal};
use crate::system::aws::{AwsSystem, is_aurora};

const DAY: Duration = Duration::from_hours(24);

/// The longest answer under a name that a failover can wait for. Source: Route 53's guide on failover.
const TTL_MAX_S: u32 = 60;

pub(super) fn check(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    databases(system, refusals);
    functions(system, refusals);
    checks(system, refusals);
    names(system, refusals);
    buckets(system, refusals);
    for (key, record) in &system.blueprint.names.records {
        records(key.as_str(), record, refusals);
    }
    alarms(system, refusals);
}

/// A span that must be one of whole units between two bounds.
struct Bounds {
    unit: Duration,
    least: u32,
    most: u32,
    words: &'static str,
}

impl Bounds {
    fn check(&self, path: &[&str], span: Option<Duration>, refusals: &mut Vec<Refusal>) {
        let Some(span) = span else {
            return;
        };
        let whole = span.as_millis().is_multiple_of(self.unit.as_millis());
        if whole && (self.unit * self.least..=self.unit * self.most).contains(&span) {
            return;
        }
        let name = path.last().copied().unwrap_or_default();
        refusals.push(Refusal::new(
            Code::Limit,
            path,
            format!("`{name}` is {}, not {}", self.words, format_duration(span)),
            format!(
                "write {} to {}",
                format_duration(self.unit * self.least),
                format_duration(self.unit * self.most)
            ),
        ));
    }
}

fn databases(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for database in &system.blueprint.databases {
        let name = database.name.as_str();
        let cloud = &database.cloud;
        Bounds {
            unit: DAY,
            least: 1,
            most: 35,
            words: "whole days, 1 to 35",
        }
        .check(
            &["databases", name, "backup", "retention"],
            cloud.backup.as_ref().and_then(|backup| backup.retention),
            refusals,
        );
        Bounds {
            unit: DAY,
            least: 7,
            most: 30,
            words: "whole days, 7 to 30",
        }
        .check(
            &["databases", name, "key", "delete_after"],
            cloud.key.as_ref().and_then(|key| key.delete_after),
            refusals,
        );
        let offered = [0, 1, 5, 10, 15, 30, 60];
        if let Some(every) = cloud.monitoring
            && !offered.map(Duration::from_secs).contains(&every)
        {
            refusals.push(Refusal::new(
                Code::Limit,
                &["databases", name, "monitoring"],
                format!(
                    "hosts are measured every 1, 5, 10, 15, 30 or 60 s, not {}",
                    format_duration(every)
                ),
                "write one of these, as in `60s`",
            ));
        }
        if let Some(capacity) = &cloud.serverless {
            let half = |number: f64| (number * 2.0).fract().abs() < f64::EPSILON;
            let fits = half(capacity.min)
                && half(capacity.max)
                && capacity.min >= 0.5
                && capacity.max >= 1.0
                && capacity.max <= 256.0
                && capacity.min <= capacity.max;
            if !fits {
                refusals.push(Refusal::new(
                    Code::Limit,
                    &["databases", name, "serverless"],
                    "capacity goes in halves from 0.5 to 256, the least first".to_owned(),
                    "write as in `serverless: { min: 0.5, max: 16 }`",
                ));
            }
            if !is_aurora(database.engine) {
                refusals.push(Refusal::new(
                    Code::Limit,
                    &["databases", name, "serverless"],
                    format!("{} has no capacity that follows the load", database.engine),
                    "use an Aurora engine, or name an `instance`",
                ));
            }
        }
        mysql_version(&version(database), database, refusals);
    }
}

/// Families of `MySQL` have two numbers, as in `8.0`.
fn mysql_version(
    version: &str,
    database: &standfast_blueprint::DatabaseSpec,
    refusals: &mut Vec<Refusal>,
) {
    let mysql = crate::system::aws::port(database.engine) == 3306;
    if mysql && !version.contains('.') {
        refusals.push(Refusal::new(
            Code::Limit,
            &["databases", database.name.as_str(), "version"],
            format!("`{version}` names no family of MySQL"),
            "write two numbers at least, as in `8.0`",
        ));
    }
}

fn functions(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, function) in &system.blueprint.functions {
        let name = name.as_str();
        Bounds {
            unit: Duration::from_secs(1),
            least: 1,
            most: 900,
            words: "whole seconds, up to 15 minutes",
        }
        .check(
            &["functions", name, "timeout"],
            Some(function.timeout),
            refusals,
        );
        Bounds {
            unit: Duration::from_mins(1),
            least: 1,
            most: 60 * 24 * 30,
            words: "whole minutes",
        }
        .check(&["functions", name, "every"], function.every, refusals);
        let memory = function.memory.get();
        if !memory.is_multiple_of(1 << 20) || !(128..=10_240).contains(&(memory >> 20)) {
            refusals.push(Refusal::new(
                Code::Limit,
                &["functions", name, "memory"],
                format!(
                    "memory goes in MiB from 128 to 10240, not {}",
                    function.memory
                ),
                "write as in `256MiB`",
            ));
        }
    }
}

/// Names and values that a service keeps for itself, or that contradict each other.
fn names(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let mut refuse = |path: &[&str], message: String, help: &str| {
        refusals.push(Refusal::new(Code::Limit, path, message, help));
    };
    for database in &system.blueprint.databases {
        let name = database.name.as_str();
        if database
            .database
            .as_str()
            .starts_with(|first: char| !first.is_ascii_alphabetic())
        {
            refuse(
                &["databases", name, "database"],
                format!("`{}` does not begin with a letter", database.database),
                "give the database within the server another name",
            );
        }
        let storage = database.cloud.storage.as_ref();
        let sizes = storage.and_then(|storage| storage.size.zip(storage.max));
        if let Some((size, max)) = sizes
            && max < size
        {
            refuse(
                &["databases", name, "storage"],
                format!("disks cannot grow from {size} to {max}"),
                "write a `max` above `size`, or leave it out",
            );
        }
    }
    for (name, table) in &system.blueprint.tables {
        if table.sort.as_ref() == Some(&table.key) {
            refuse(
                &["tables", name.as_str(), "sort"],
                format!("`{}` cannot tell items apart and order them", table.key),
                "order them by another attribute, or leave `sort` out",
            );
        }
    }
    for (name, function) in &system.blueprint.functions {
        for variable in function
            .env
            .keys()
            .filter(|each| each.as_str().starts_with("AWS_"))
        {
            refuse(
                &["functions", name.as_str(), "env"],
                format!("`{variable}` belongs to the runtime of functions"),
                "take a name that does not begin with `AWS_`",
            );
        }
    }
    for (name, parameter) in &system.blueprint.parameters {
        let path = parameter.path.as_ref().map_or("", |path| path.as_str());
        if ["/aws", "/ssm"]
            .iter()
            .any(|reserved| path.starts_with(reserved))
        {
            refuse(
                &["parameters", name.as_str(), "path"],
                format!("`{path}` belongs to AWS"),
                "begin with something else",
            );
        }
    }
}

/// How a balancer checks its targets. Source: `CreateTargetGroup` of its API.
fn checks(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, service) in &system.blueprint.services {
        let Some(check) = &service.check else {
            continue;
        };
        let path = |last: &'static str| ["services", name.as_str(), "check", last];
        let second = Duration::from_secs(1);
        Bounds {
            unit: second,
            least: 5,
            most: 300,
            words: "whole seconds, 5 to 300",
        }
        .check(&path("every"), check.every, refusals);
        Bounds {
            unit: second,
            least: 2,
            most: 120,
            words: "whole seconds, 2 to 120",
        }
        .check(&path("timeout"), check.timeout, refusals);
        for (key, count) in [("up", check.up), ("down", check.down)] {
            if count.is_some_and(|count| !(2..=10).contains(&count.get())) {
                refusals.push(Refusal::new(
                    Code::Limit,
                    &path(key),
                    format!("`{key}` is a count from 2 to 10"),
                    "write 2 to 10",
                ));
            }
        }
    }
}

fn buckets(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, bucket) in &system.blueprint.buckets {
        let Some(replicate) = &bucket.replicate else {
            continue;
        };
        let path = ["buckets", name.as_str(), "replicate", "within"];
        if let Some(within) = replicate.within
            && within != Duration::from_mins(15)
        {
            refusals.push(
                Refusal::new(
                    Code::Limit,
                    &path,
                    format!(
                        "objects arrive within 15 minutes, not {}",
                        format_duration(within)
                    ),
                    "write `15m`, or leave it out and have no bound",
                )
                .note("replication time control offers no other time"),
            );
        }
        if !bucket.versioned {
            refusals.push(Refusal::new(
                Code::Limit,
                &["buckets", name.as_str(), "versioned"],
                format!("`{name}` replicates and keeps no versions"),
                "write `versioned: true`: replication needs it on both sides",
            ));
        }
    }
}

fn records(key: &str, record: &RecordSpec, refusals: &mut Vec<Refusal>) {
    let path = |last: &'static str| ["names", "records", key, last];
    if record.ttl.as_secs() > TTL_MAX_S {
        refusals.push(
            Refusal::new(
                Code::Limit,
                &path("ttl"),
                format!("clients would keep the lost region for {}", record.ttl),
                "write `60s` or less",
            )
            .note("Route 53's guide advises 60 s or less for records that fail over"),
        );
    }
    if record.weight.is_some_and(|weight| weight.get() > 100) {
        refusals.push(Refusal::new(
            Code::Limit,
            &path("weight"),
            "the share of the home region is out of 100".to_owned(),
            "write 0 to 100",
        ));
    }
    let Some(probe) = &record.probe else {
        return;
    };
    let every = probe.every;
    if every != Duration::from_secs(10) && every != Duration::from_secs(30) {
        refusals.push(Refusal::new(
            Code::Limit,
            &["names", "records", key, "probe", "every"],
            format!(
                "public checkers ask every 10 or 30 s, not {}",
                format_duration(every)
            ),
            "write `10s` or `30s`",
        ));
    }
    if probe.failures.get() > 10 {
        refusals.push(Refusal::new(
            Code::Limit,
            &["names", "records", key, "probe", "failures"],
            format!("public checkers count to 10, not to {}", probe.failures),
            "write 10 or less",
        ));
    }
}

fn alarms(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, spec) in &system.blueprint.alarms {
        let path = ["alarms", name.as_str()];
        let Some(of) = alarm::subject(system, spec.metric, spec.of.as_ref()) else {
            continue;
        };
        let span = spec.period.saturating_mul(spec.count.get());
        if span > DAY * 7 || (spec.metric == Metric::BucketSize && spec.period < DAY) {
            refusals.push(
                Refusal::new(
                    Code::Limit,
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
            let probed = system.blueprint.names.records.iter();
            let mut probed = probed.filter(|(key, _)| key.as_str() == of.name);
            if !probed.any(|(_, record)| record.probe.is_some()) {
                refusals.push(Refusal::new(
                    Code::Missing,
                    &path,
                    format!("nobody asks `{of}`, so nothing is known of its reachability"),
                    "give the record a `probe`",
                ));
            }
            continue;
        }
        if metric::series(system, spec.metric, &of, &mut From::Region).is_empty() {
            refusals.push(
                Refusal::new(
                    Code::Missing,
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
