//! Every alarm watches one thing that has its metric, against a value of its unit.

use standfast_units::format_duration;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::grammar::suggestion::listed;
use crate::model::Blueprint;
use crate::rule::referent::{Locator, Referents};
use crate::section::alarm::AlarmSpec;
use crate::section::metric::Metric;
use crate::section::threshold::Unit;
use crate::source::Span;
use crate::text::reference::Reference;

pub(crate) fn alarms(
    blueprint: &Blueprint,
    known: &Referents,
    place: Locator<'_>,
    reader: &mut Reader,
) {
    for (name, alarm) in &blueprint.alarms {
        let path = ["alarms", name.as_str()];
        check_alarm(alarm, name.as_str(), known, &|| place(&path), place, reader);
    }
}

fn check_alarm(
    alarm: &AlarmSpec,
    name: &str,
    known: &Referents,
    span: &dyn Fn() -> Span,
    place: Locator<'_>,
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

pub(crate) fn has_metric(
    metric: Metric,
    of: &Reference,
    span: &dyn Fn() -> Span,
    reader: &mut Reader,
) {
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
pub(crate) fn only_one(
    metric: Metric,
    known: &Referents,
    span: &dyn Fn() -> Span,
    reader: &mut Reader,
) {
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
