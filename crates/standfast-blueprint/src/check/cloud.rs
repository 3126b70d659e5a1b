//! How the sections that only a cloud has fit together: every reference leads somewhere, every alarm
//! watches one thing that has its metric, nothing contradicts the class.
//!
//! What a cloud allows (lengths, ranges, combinations) is checked where it is synthesized.

use std::collections::BTreeSet;
use std::time::Duration;

use ipnet::Ipv4Net;
use standfast_units::format_duration;

use crate::file::cloud::{AlarmSpec, Metric, Unit};
use crate::file::{Class, Nat};
use crate::model::{Blueprint, RegionKind, RegionSpec};
use crate::read::{Reader, listed, nearest};
use crate::words::{Reference, Section, Use, Widget};
use crate::{Code, Diagnostic, Span};

/// The least time that backups of a production database are kept: a mistake made on a Friday is found
/// the week after.
const RETENTION_MIN: Duration = Duration::from_hours(7 * 24);

/// Two for each of as many zones as there are letters.
const SUBNETS_MAX: usize = 52;

/// Where the value under a path of keys stands.
pub(crate) type Place<'a> = &'a dyn Fn(&[&str]) -> Span;

/// Checks everything this module is about.
pub(crate) fn check(blueprint: &Blueprint, place: Place<'_>, reader: &mut Reader) {
    let known = Known::of(blueprint);
    uses(blueprint, &known, place, reader);
    targets(blueprint, &known, place, reader);
    for (name, parameter) in &blueprint.parameters {
        let path = ["parameters", name.as_str()];
        known.expect(parameter.of.reference(), &|| place(&path), reader);
    }
    for (name, alarm) in &blueprint.alarms {
        let path = ["alarms", name.as_str()];
        check_alarm(
            alarm,
            name.as_str(),
            &known,
            &|| place(&path),
            place,
            reader,
        );
    }
    dashboards(blueprint, &known, place, reader);
    production(blueprint, place, reader);
    state(blueprint, place, reader);
    for region in &blueprint.regions {
        subnets(region, place, reader);
    }
}

/// Everything that can be referred to.
struct Known {
    things: BTreeSet<Reference>,
}

impl Known {
    fn of(blueprint: &Blueprint) -> Self {
        let mut things = BTreeSet::new();
        let mut add = |section, names: Vec<&str>| {
            things.extend(names.into_iter().map(|name| Reference {
                section,
                name: name.to_owned(),
            }));
        };
        let databases = blueprint.databases.iter();
        add(
            Section::Databases,
            databases.map(|each| each.name.as_str()).collect(),
        );
        add(Section::Services, keys(&blueprint.services));
        add(Section::Functions, keys(&blueprint.functions));
        add(Section::Tables, keys(&blueprint.tables));
        add(Section::Buckets, keys(&blueprint.buckets));
        add(Section::Parameters, keys(&blueprint.parameters));
        add(Section::Names, keys(&blueprint.names.records));
        Self { things }
    }

    fn in_sections<'a>(&'a self, sections: &'a [Section]) -> impl Iterator<Item = &'a Reference> {
        let things = self.things.iter();
        things.filter(|thing| sections.contains(&thing.section))
    }

    /// Reports a reference that leads nowhere.
    fn expect(&self, reference: &Reference, span: &dyn Fn() -> Span, reader: &mut Reader) -> bool {
        let there = self.things.contains(reference);
        if !there {
            reader.report(self.unknown(reference, span()));
        }
        there
    }

    fn unknown(&self, reference: &Reference, span: Span) -> Diagnostic {
        let section = [reference.section];
        let names: Vec<&str> = self
            .in_sections(&section)
            .map(|thing| thing.name.as_str())
            .collect();
        let problem = Diagnostic::error(
            Code::UnknownReference,
            span,
            format!("there is no `{reference}`"),
        );
        match nearest(&reference.name, &names) {
            Some(name) => problem.help(format!("did you mean `{}.{name}`?", reference.section)),
            None if names.is_empty() => {
                problem.note(format!("the section `{}` is empty", reference.section))
            }
            None => problem.note(format!(
                "the section `{}` has {}",
                reference.section,
                listed(&names)
            )),
        }
    }
}

fn keys<V>(map: &std::collections::BTreeMap<crate::Name, V>) -> Vec<&str> {
    map.keys().map(crate::Name::as_str).collect()
}

fn uses(blueprint: &Blueprint, known: &Known, place: Place<'_>, reader: &mut Reader) {
    let functions = blueprint.functions.iter();
    let functions = functions.map(|(name, spec)| ("functions", name, &spec.uses));
    let services = blueprint.services.iter();
    let services = services.map(|(name, spec)| ("services", name, &spec.uses));
    for (section, name, uses) in functions.chain(services) {
        for used in uses {
            if let Use::Thing(reference) = used {
                let span = || place(&[section, name.as_str(), "uses"]);
                known.expect(reference, &span, reader);
            }
        }
    }
    for (name, function) in &blueprint.functions {
        if let Some(balancer) = &function.balancer {
            let reference = Reference {
                section: Section::Services,
                name: balancer.to_string(),
            };
            let span = || place(&["functions", name.as_str(), "balancer"]);
            known.expect(&reference, &span, reader);
        }
    }
}

const TARGETS: [Section; 3] = [Section::Services, Section::Functions, Section::Databases];

fn targets(blueprint: &Blueprint, known: &Known, place: Place<'_>, reader: &mut Reader) {
    for (name, record) in &blueprint.names.records {
        let span = place(&["names", "records", name.as_str(), "target"]);
        let target = record.target.as_str();
        let meant: Vec<String> = known
            .in_sections(&TARGETS)
            .filter(|thing| thing.name == target)
            .map(ToString::to_string)
            .collect();
        match meant.as_slice() {
            [_] => {}
            [] => {
                let names: Vec<&str> = known
                    .in_sections(&TARGETS)
                    .map(|thing| thing.name.as_str())
                    .collect();
                let problem = Diagnostic::error(
                    Code::UnknownReference,
                    span,
                    format!("no service, function or database is called `{target}`"),
                );
                reader.report(match nearest(target, &names) {
                    Some(name) => problem.fix(format!("did you mean `{name}`?"), span, name),
                    None => problem.note("a name leads to a service, a function or a database"),
                });
            }
            several => {
                let several: Vec<&str> = several.iter().map(String::as_str).collect();
                let problem = Diagnostic::error(
                    Code::Ambiguous,
                    span,
                    format!("`{target}` may be {}", listed(&several)),
                )
                .help("call one of them by another name");
                reader.report(problem);
            }
        }
    }
}

fn check_alarm(
    alarm: &AlarmSpec,
    name: &str,
    known: &Known,
    span: &dyn Fn() -> Span,
    place: Place<'_>,
    reader: &mut Reader,
) {
    let at = |key| place(&["alarms", name, key]);
    let metric = alarm.metric;
    match &alarm.of {
        Some(of) => {
            let span = || at("of");
            if known.expect(of, &span, reader) {
                has_metric(metric, of, &span, reader);
            }
        }
        None => only_one(metric, known, &|| at("metric"), reader),
    }
    let threshold = match (alarm.above, alarm.below) {
        (Some(above), None) => Some(("above", above)),
        (None, Some(below)) => Some(("below", below)),
        (None, None) | (Some(_), Some(_)) => {
            let problem = Diagnostic::error(
                Code::Mismatch,
                span(),
                format!("the alarm `{name}` takes one of `above` and `below`"),
            );
            reader.report(problem);
            None
        }
    };
    if let Some((key, threshold)) = threshold
        && threshold.unit() != metric.unit()
    {
        let (takes, example) = match metric.unit() {
            Unit::Time => ("a duration", "1s"),
            Unit::Percent => ("a share", "80%"),
            Unit::Count => ("a number", "1"),
            Unit::Size => ("a size", "10GiB"),
        };
        let problem = Diagnostic::error(
            Code::Mismatch,
            at(key),
            format!("`{metric}` is compared with {takes}, as in `{example}`"),
        );
        reader.report(problem);
    }
    if alarm.period.is_zero() || !alarm.period.as_secs().is_multiple_of(60) {
        let problem = Diagnostic::error(
            Code::Mismatch,
            at("period"),
            format!(
                "a period is whole minutes, not {}",
                format_duration(alarm.period)
            ),
        )
        .note("the metrics of managed services have one value a minute");
        reader.report(problem);
    }
}

fn has_metric(metric: Metric, of: &Reference, span: &dyn Fn() -> Span, reader: &mut Reader) {
    if metric.subjects().contains(&of.section) {
        return;
    }
    let sections: Vec<&str> = metric
        .subjects()
        .iter()
        .map(|section| section.as_str())
        .collect();
    let problem = Diagnostic::error(Code::Mismatch, span(), format!("`{of}` has no `{metric}`"))
        .note(format!("`{metric}` is measured of {}", listed(&sections)));
    reader.report(problem);
}

/// A metric without `of` is of the only thing that has it.
fn only_one(metric: Metric, known: &Known, span: &dyn Fn() -> Span, reader: &mut Reader) {
    let candidates: Vec<String> = known
        .in_sections(metric.subjects())
        .map(ToString::to_string)
        .collect();
    let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
    match candidates.as_slice() {
        [_] => {}
        [] => {
            let problem = Diagnostic::error(
                Code::UnknownReference,
                span(),
                format!("nothing in this file has `{metric}`"),
            );
            reader.report(problem);
        }
        [first, ..] => {
            let problem = Diagnostic::error(
                Code::Ambiguous,
                span(),
                format!("`{metric}` may be of {}", listed(&candidates)),
            )
            .help(format!("say which, as in `of: {first}`"));
            reader.report(problem);
        }
    }
}

fn dashboards(blueprint: &Blueprint, known: &Known, place: Place<'_>, reader: &mut Reader) {
    for (name, dashboard) in &blueprint.dashboards {
        let span = || place(&["dashboards", name.as_str()]);
        for widget in &dashboard.show {
            let (metric, of) = match widget {
                Widget::Named(shown) if keys(&blueprint.alarms).contains(&shown.as_str()) => {
                    continue;
                }
                Widget::Named(metric) => (metric, None),
                Widget::Of(metric, of) => (metric, Some(of)),
            };
            let Some(metric) = Metric::ALL.into_iter().find(|each| each.as_str() == metric) else {
                let mut names: Vec<&str> = Metric::ALL.iter().map(|each| each.as_str()).collect();
                names.extend(keys(&blueprint.alarms));
                let problem = Diagnostic::error(
                    Code::UnknownReference,
                    span(),
                    format!("no alarm and no metric is called `{metric}`"),
                );
                reader.report(match nearest(metric, &names) {
                    Some(name) => problem.help(format!("did you mean `{name}`?")),
                    None => problem.note(format!("there are {}", listed(&names))),
                });
                continue;
            };
            match of {
                Some(of) => {
                    if known.expect(of, &span, reader) {
                        has_metric(metric, of, &span, reader);
                    }
                }
                None => only_one(metric, known, &span, reader),
            }
        }
    }
}

/// A production system keeps what it is asked to keep.
fn production(blueprint: &Blueprint, place: Place<'_>, reader: &mut Reader) {
    if blueprint.class != Class::Production {
        return;
    }
    for database in &blueprint.databases {
        let name = database.name.as_str();
        let backup = database.cloud.backup.as_ref();
        let retention = backup.and_then(|backup| backup.retention);
        if let Some(retention) = retention
            && retention < RETENTION_MIN
        {
            let span = place(&["databases", name, "backup", "retention"]);
            let problem = Diagnostic::error(
                Code::Unprotected,
                span,
                format!(
                    "backups of a production database are kept {} at least, not {}",
                    format_duration(RETENTION_MIN),
                    format_duration(retention)
                ),
            )
            .label(place(&["class"]), "production")
            .fix("keep them a week", span, format_duration(RETENTION_MIN));
            reader.report(problem);
        }
    }
}

fn state(blueprint: &Blueprint, place: Place<'_>, reader: &mut Reader) {
    let Some(state) = &blueprint.state else {
        return;
    };
    if state.region != blueprint.home().region {
        return;
    }
    let problem = Diagnostic::error(
        Code::StateAtHome,
        place(&["state", "region"]),
        format!("the state would lie in `{}`, the home region", state.region),
    )
    .note("it is needed most on the day that region is lost")
    .help("keep it in a region that stands by, or in the witness's");
    reader.report(problem);
}

/// Subnets that are laid out by hand lie in the region's network, apart, one per zone.
fn subnets(region: &RegionSpec, place: Place<'_>, reader: &mut Reader) {
    let name = region.region.as_str();
    let Some(subnets) = &region.subnets else {
        return;
    };
    let span = place(&["regions", name, "subnets"]);
    let mut wrong = |message: String| {
        reader.report(Diagnostic::error(Code::Subnets, span, message));
    };
    let all: Vec<&Ipv4Net> = subnets.private.iter().chain(&subnets.public).collect();
    if all.len() > SUBNETS_MAX {
        wrong(format!(
            "`{name}` has {} subnets, and at most {SUBNETS_MAX} fit its zones",
            all.len()
        ));
        return;
    }
    if let Some(cidr) = &region.cidr {
        for subnet in all.iter().filter(|subnet| !cidr.contains(**subnet)) {
            wrong(format!(
                "{subnet} is not within {cidr}, the network of `{name}`"
            ));
        }
    } else {
        wrong(format!(
            "`{name}` lays out subnets and has no `cidr` they lie in"
        ));
    }
    for (index, later) in all.iter().enumerate() {
        for earlier in &all[..index] {
            if earlier.contains(*later) || later.contains(*earlier) {
                wrong(format!("{earlier} and {later} overlap"));
            }
        }
    }
    let zones = region.zones.len();
    if region.kind != RegionKind::Witness && subnets.private.len() != zones {
        wrong(format!(
            "`{name}` has {zones} zones and {} private subnets",
            subnets.private.len()
        ));
    }
    if subnets.public.len() > zones {
        wrong(format!(
            "`{name}` has {zones} zones and {} public subnets",
            subnets.public.len()
        ));
    }
    if subnets.public.is_empty() && matches!(region.nat, Some(Nat::One | Nat::PerZone)) {
        wrong(format!("`{name}` has NAT and no public subnet for it"));
    }
}
