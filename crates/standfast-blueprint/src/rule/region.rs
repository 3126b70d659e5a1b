//! Exactly one home, somewhere to go, and networks that lie apart.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::model::RegionKind;
use crate::placed::PlacedRegion;
use crate::source::Span;

/// Exactly one home, at most one witness, and that without data; no network twice.
pub(crate) fn regions(regions: &[PlacedRegion], section: Span, reader: &mut Reader) {
    one_home(regions, section, reader);
    one_witness(regions, reader);
    for region in regions {
        witness_without_data(region, reader);
    }
    for (index, later) in regions.iter().enumerate() {
        for earlier in &regions[..index] {
            apart(earlier, later, reader);
        }
    }
}

fn one_home(regions: &[PlacedRegion], section: Span, reader: &mut Reader) {
    let homes: Vec<&PlacedRegion> = regions.iter().filter(|region| region.home).collect();
    match homes.as_slice() {
        [_] => {}
        [] => {
            let candidate = regions
                .iter()
                .find(|region| region.spec.kind == RegionKind::Standby);
            let span = candidate.map_or(section, |region| region.name_span);
            let problem = Diagnostic::error(Code::Home, span, "no region is home");
            reader.report(match candidate {
                Some(region) => problem.help(format!(
                    "write `home: true` in the region that serves, as in `{}: {{ home: true }}`",
                    region.spec.region
                )),
                None => problem.help("add a region with `home: true`"),
            });
        }
        [first, others @ ..] => {
            for other in others {
                let problem = Diagnostic::error(
                    Code::Home,
                    other.name_span,
                    "a system has one home, and this is another",
                )
                .label(first.name_span, "home already")
                .note("writes are accepted in one region at a time; the others stand by");
                reader.report(problem);
            }
        }
    }
}

fn one_witness(regions: &[PlacedRegion], reader: &mut Reader) {
    let mut witnesses = regions.iter().filter(|region| region.witness);
    let Some(first) = witnesses.next() else {
        return;
    };
    for other in witnesses {
        let problem = Diagnostic::error(
            Code::Witnesses,
            other.name_span,
            "a system has at most one witness, and this is another",
        )
        .label(first.name_span, "witness already");
        reader.report(problem);
    }
}

fn witness_without_data(region: &PlacedRegion, reader: &mut Reader) {
    if !region.witness {
        return;
    }
    if region.home {
        let problem = Diagnostic::error(
            Code::WitnessHoldsData,
            region.name_span,
            format!("`{}` is home and witness at once", region.spec.region),
        )
        .note(
            "a witness decides between the others; it must not be lost together with one of them",
        );
        reader.report(problem);
    }
    if let Some((key, span)) = region.data {
        let problem = Diagnostic::error(
            Code::WitnessHoldsData,
            span,
            format!(
                "the witness `{}` holds no data and takes no `{key}`",
                region.spec.region
            ),
        )
        .label(region.name_span, "a witness")
        .help(format!("remove `{key}`"));
        reader.report(problem);
    }
}

fn apart(earlier: &PlacedRegion, later: &PlacedRegion, reader: &mut Reader) {
    let (Some(first), Some(second)) = (&earlier.cidr, &later.cidr) else {
        return;
    };
    if !first.value.contains(&second.value) && !second.value.contains(&first.value) {
        return;
    }
    let problem = Diagnostic::error(
        Code::Overlap,
        second.span,
        format!(
            "the networks of `{}` and `{}` overlap",
            earlier.spec.region, later.spec.region
        ),
    )
    .here(format!("{} also holds …", second.value))
    .label(first.span, format!("… addresses of {}", first.value))
    .note("regions reach each other through routes, and a route leads to one place");
    reader.report(problem);
}

/// A system without databases still needs a second place.
pub(crate) fn somewhere_to_go(regions: &[PlacedRegion], reader: &mut Reader) {
    let mut homes = regions.iter().filter(|region| region.home);
    let standby = regions
        .iter()
        .any(|region| region.spec.kind == RegionKind::Standby);
    // No home or several are a problem of their own.
    if let (Some(home), None, false) = (homes.next(), homes.next(), standby) {
        let problem = Diagnostic::error(
            Code::NowhereToGo,
            home.name_span,
            "no region stands by for this one",
        )
        .help("add a region that is neither home nor witness");
        reader.report(problem);
    }
}
