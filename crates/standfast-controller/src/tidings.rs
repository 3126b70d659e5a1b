//! What people are told of a change of primary.

use standfast_record::Succession;
use standfast_units::System;

use crate::primary::NewPrimary;

/// The text, with why it came to that as far as the record of the change says.
pub(crate) fn tidings(
    system: &System,
    primary: &NewPrimary,
    succession: Option<&Succession>,
) -> String {
    let NewPrimary {
        database,
        epoch,
        node,
    } = primary;
    let why = succession.map_or(String::new(), |succession| {
        let loss = succession
            .loss_max
            .map_or("nothing acknowledged is lost".to_owned(), |loss| {
                let ms = loss.as_millis();
                format!("at most {ms} ms of acknowledged writes are lost")
            });
        format!(" ({:?}: {}; {loss})", succession.kind, succession.cause).to_lowercase()
    });
    format!("{system}: {database} is written at {node} since epoch {epoch}{why}")
}
