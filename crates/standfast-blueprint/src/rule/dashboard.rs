//! What a dashboard shows is there.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::grammar::suggestion::{listed, nearest};
use crate::model::Blueprint;
use crate::rule::alarm::{has_metric, only_one};
use crate::rule::referent::{Locator, Referents, keys};
use crate::section::metric::Metric;
use crate::text::reference::Widget;

pub(crate) fn dashboards(
    blueprint: &Blueprint,
    known: &Referents,
    place: Locator<'_>,
    reader: &mut Reader,
) {
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
