//! Who decides about a failover, and whether its timings fit.

use standfast_units::format_duration;

use crate::choice::Mode;
use crate::code::Code;
use crate::defaults::{LEASE_MIN, PROMOTE_AND_REDIRECT_MAX};
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::model::RegionKind;
use crate::placed::{PlacedFailover, PlacedRegion};
use crate::section::document::PromiseSection;

/// Who can decide when the home region is silent.
pub(crate) fn votes(failover: &PlacedFailover, regions: &[PlacedRegion], reader: &mut Reader) {
    let witnessed = regions.iter().any(|region| region.witness);
    let home = regions
        .iter()
        .find(|region| region.spec.kind == RegionKind::Home);
    let (Some(home), Mode::Automatic, false) = (home, failover.spec.mode, witnessed) else {
        return;
    };
    let problem = Diagnostic::warning(
        Code::NoWitness,
        home.name_span,
        "failover is automatic, and no third place has a vote",
    )
    .note(
        "when this region is silent, the others cannot tell its loss from their own isolation; \
         the store then has no quorum, and nothing is promoted",
    )
    .help("add a region with `witness: true`, or let a person decide with `mode: approve`");
    reader.report(problem);
}

/// The spans of the lease among themselves (P2), and against the promise.
pub(crate) fn timings(failover: &PlacedFailover, promise: &PromiseSection, reader: &mut Reader) {
    let timings = failover.spec.timings();
    if !timings.holds() {
        let problem = lease_too_short(failover, promise);
        reader.report(problem);
        // What follows is about the promise, and would only repeat this in other words.
        return;
    }
    let outage = timings.region_loss_outage_max();
    if failover.spec.mode == Mode::Automatic && promise.rto.value < outage {
        let problem = Diagnostic::warning(
            Code::RtoTooShort,
            promise.rto.span,
            "the loss of a region may take longer than the promised RTO",
        )
        .here(format!("promised: {}", format_duration(promise.rto.value)))
        .note(format!(
            "lease {} + hold_down {} + promotion and redirect {} = {}",
            format_duration(timings.lease),
            format_duration(timings.hold_down),
            format_duration(PROMOTE_AND_REDIRECT_MAX),
            format_duration(outage),
        ))
        .help("promise more time, or shorten `failover.hold_down` or `failover.lease`");
        reader.report(problem);
    }
}

fn lease_too_short(failover: &PlacedFailover, promise: &PromiseSection) -> Diagnostic {
    let timings = failover.spec.timings();
    let least = format_duration(LEASE_MIN);
    let message = format!(
        "a lease of {} is too short; the least is {least}",
        format_duration(timings.lease)
    );
    let note = format!(
        "self_fence_after {} + kill_budget {} + clock_drift_max {} must stay below the lease (P2), \
         and renewals would go out every {}",
        format_duration(timings.self_fence_after),
        format_duration(timings.kill_budget),
        format_duration(timings.clock_drift_max),
        format_duration(timings.renew_every),
    );
    match failover.lease_span {
        Some(span) => Diagnostic::error(Code::LeaseTooShort, span, message)
            .here("too short to renew, stop and be stopped in")
            .note(note)
            .fix("take the shortest lease", span, least),
        None => Diagnostic::error(Code::LeaseTooShort, promise.rto.span, message).note(note),
    }
}
