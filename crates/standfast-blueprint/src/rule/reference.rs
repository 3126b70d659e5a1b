//! Every reference leads somewhere, and to one thing.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::grammar::suggestion::{listed, nearest};
use crate::model::Blueprint;
use crate::rule::referent::{Locator, Referents};
use crate::text::reference::{Reference, Section, Use};

pub(crate) fn uses(
    blueprint: &Blueprint,
    known: &Referents,
    place: Locator<'_>,
    reader: &mut Reader,
) {
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

pub(crate) fn targets(
    blueprint: &Blueprint,
    known: &Referents,
    place: Locator<'_>,
    reader: &mut Reader,
) {
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

pub(crate) fn parameters(
    blueprint: &Blueprint,
    known: &Referents,
    place: Locator<'_>,
    reader: &mut Reader,
) {
    for (name, parameter) in &blueprint.parameters {
        let path = ["parameters", name.as_str()];
        known.expect(parameter.of.reference(), &|| place(&path), reader);
    }
}
