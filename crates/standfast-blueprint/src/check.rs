//! What several values mean together.
//!
//! Only what makes a system impossible or unsafe is refused here, and only what the file itself
//! shows. Whether the promise can be kept is arithmetic for the doctor.

pub(crate) mod cloud;

use standfast_units::{Node, format_duration};

use crate::build::{PlacedDatabase, PlacedFailover, PlacedRegion};
use crate::defaults::{LEASE_MIN, PROMOTE_AND_REDIRECT_MAX};
use crate::file::{Durability, Mode, Promise};
use crate::model::{RegionKind, node_name};
use crate::read::Reader;
use crate::{Code, Diagnostic, Span};

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

/// The servers of a database: one at home, one to take over, and names that fit.
pub(crate) fn nodes(database: &PlacedDatabase, regions: &[PlacedRegion], reader: &mut Reader) {
    let counts = database.spec.node_counts;
    if counts.home == 0 {
        let span = database.home_count_span.unwrap_or(database.name_span);
        let problem = Diagnostic::error(
            Code::NoHomeServer,
            span,
            format!("`{}` has no server in the home region", database.spec.name),
        )
        .label(database.name_span, "this database");
        reader.report(problem);
    }
    let servers: u32 = regions
        .iter()
        .map(|region| u32::from(counts.of(region.spec.kind)))
        .sum();
    if counts.home == 1 && servers == 1 {
        let problem = Diagnostic::error(
            Code::NowhereToGo,
            database.name_span,
            format!(
                "`{}` has a single server, and nothing can take over",
                database.spec.name
            ),
        )
        .help("add a region that stands by, or a second server with `nodes: { home: 2 }`");
        reader.report(problem);
    }
    for region in regions {
        let ordinal = counts.of(region.spec.kind);
        let name = node_name(&database.spec.name, &region.spec.region, ordinal);
        // The last name is the longest one.
        if let (Err(error), 1..) = (Node::new(&name), ordinal) {
            let problem = Diagnostic::error(
                Code::NameTooLong,
                database.name_span,
                format!("`{name}` would be the name of a server: {error}"),
            )
            .label(region.name_span, "with this region")
            .note("a server is called `<database>-<region>-<number>`")
            .help("shorten the name of the database or of the region");
            reader.report(problem);
        }
    }
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
pub(crate) fn timings(failover: &PlacedFailover, promise: &Promise, reader: &mut Reader) {
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

fn lease_too_short(failover: &PlacedFailover, promise: &Promise) -> Diagnostic {
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

/// What a failover of this database may lose ("Loss without the gate" in the protocol).
pub(crate) fn loss(
    database: &PlacedDatabase,
    failover: &PlacedFailover,
    promise: &Promise,
    reader: &mut Reader,
) {
    let timings = failover.spec.timings();
    match (database.spec.durability, failover.spec.mode) {
        (Durability::Async, Mode::Automatic) => {
            if timings.holds() && timings.max_loss < timings.self_fence_after {
                let problem = unbounded_loss(database, failover, promise);
                reader.report(problem);
            }
        }
        (Durability::Bounded, _) => {
            if promise.rpo.value.is_zero() {
                let problem = Diagnostic::error(
                    Code::BoundedByNothing,
                    promise.rpo.span,
                    format!(
                        "commits of `{}` would wait for a lag of nothing",
                        database.spec.name
                    ),
                )
                .label(
                    database.name_span,
                    "bounded: commits wait once lag passes the RPO",
                )
                .help("promise an RPO above 0s, or take `durability: zero`");
                reader.report(problem);
            }
        }
        (Durability::Async, Mode::Approve | Mode::Manual) | (Durability::Zero, _) => {}
    }
}

fn unbounded_loss(
    database: &PlacedDatabase,
    failover: &PlacedFailover,
    promise: &Promise,
) -> Diagnostic {
    let timings = failover.spec.timings();
    let max_loss = format_duration(timings.max_loss);
    let self_fence_after = format_duration(timings.self_fence_after);
    let inherited = failover.max_loss_span == promise.rpo.span;
    let problem = Diagnostic::error(
        Code::LossUnbounded,
        failover.max_loss_span,
        format!(
            "an automatic failover of `{}` may lose more than {max_loss}",
            database.spec.name
        ),
    )
    .here(if inherited {
        "this promise is also the most loss, as `failover.max_loss` is absent"
    } else {
        "the most loss"
    })
    .label(database.name_span, "commits wait for nobody (`async`)")
    .note(format!(
        "an isolated primary acknowledges writes for up to self_fence_after = {self_fence_after} \
         (lease {}) that nobody else has: {max_loss} < {self_fence_after}",
        format_duration(timings.lease),
    ));
    let exits = [
        format!("accept the loss: `max_loss: {self_fence_after}` or more, under `failover`"),
        "shorten `failover.lease`".to_owned(),
        format!(
            "let commits wait: `durability: bounded` for `{}`",
            database.spec.name
        ),
        "let a person decide: `mode: approve`, under `failover`".to_owned(),
    ];
    exits.into_iter().fold(problem, Diagnostic::help)
}
