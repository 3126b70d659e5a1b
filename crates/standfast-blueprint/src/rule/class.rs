//! Nothing contradicts the class.

use std::time::Duration;

use standfast_units::format_duration;

use crate::choice::Class;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::model::Blueprint;
use crate::rule::referent::Locator;

/// The least time that backups of a production database are kept: a mistake made on a Friday is found
/// the week after.
const RETENTION_MIN: Duration = Duration::from_hours(7 * 24);

/// A production system keeps what it is asked to keep.
pub(crate) fn production(blueprint: &Blueprint, place: Locator<'_>, reader: &mut Reader) {
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
