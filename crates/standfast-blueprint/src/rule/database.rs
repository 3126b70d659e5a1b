//! The servers of a database, and what its failover may lose.

use standfast_units::{Node, format_duration};

use crate::choice::{Durability, Mode};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::model::node_name;
use crate::placed::{PlacedDatabase, PlacedFailover, PlacedRegion};
use crate::section::document::PromiseSection;

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

/// What a failover of this database may lose ("Loss without the gate" in the protocol).
pub(crate) fn loss(
    database: &PlacedDatabase,
    failover: &PlacedFailover,
    promise: &PromiseSection,
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
    promise: &PromiseSection,
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
