//! What `pg_controldata` says of a stopped folder.

use std::path::Path;

use standfast_replication::{Error, Shutdown};
use standfast_units::{Lsn, Timeline};

use crate::defaults::LOOK_WITHIN;
use crate::program::{self, Programs};

/// The parts of the control file that are used here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) system_identifier: u64,
    /// In the server's words, as in `in production`.
    pub(crate) state: String,
    pub(crate) checkpoint: Lsn,
    pub(crate) timeline: Timeline,
    /// Up to where recovery must replay before the data is consistent; zero unless it was following
    /// since its last checkpoint.
    pub(crate) recovery_ends: Lsn,
    pub(crate) geometry: Geometry,
}

/// How the log is cut into pages and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub(crate) page_bytes: u64,
    pub(crate) segment_bytes: u64,
}

impl Control {
    /// Reads the control file of a folder.
    pub(crate) async fn read(programs: &Programs, data: &Path) -> Result<Self, Error> {
        let mut command = programs.command("pg_controldata");
        command.arg("-D").arg(data);
        let text = program::run("pg_controldata", command, LOOK_WITHIN).await?;
        Self::parse(&text).ok_or_else(|| Error::Contradiction {
            what: format!(
                "pg_controldata does not describe {} in a known form",
                data.display()
            ),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                (key == name).then(|| value.trim())
            })
        };
        let geometry = Geometry {
            page_bytes: field("WAL block size")?.parse().ok()?,
            segment_bytes: field("Bytes per WAL segment")?.parse().ok()?,
        };
        if !geometry.page_bytes.is_power_of_two()
            || !geometry.segment_bytes.is_power_of_two()
            || geometry.page_bytes > geometry.segment_bytes
        {
            return None;
        }
        Some(Self {
            system_identifier: field("Database system identifier")?.parse().ok()?,
            state: field("Database cluster state")?.to_owned(),
            checkpoint: field("Latest checkpoint location")?.parse().ok()?,
            timeline: field("Latest checkpoint's TimeLineID")?.parse().ok()?,
            recovery_ends: field("Minimum recovery ending location")?.parse().ok()?,
            geometry,
        })
    }

    /// How the server ended.
    pub(crate) fn shutdown(&self) -> Shutdown {
        match self.state.as_str() {
            "shut down" | "shut down in recovery" => Shutdown::Clean,
            // Promoted, and no checkpoint since: started as a standby, the server would believe itself
            // consistent where it was when it still followed, and panic over pages that were written
            // after that ("WAL contains references to invalid pages", measured on 15.18).
            "in production" if self.recovery_ends != Lsn::ZERO => Shutdown::CrashedUnsettled,
            _ => Shutdown::Crashed,
        }
    }

    /// Whether it was recovering, as a standby does, when it last wrote this file.
    pub(crate) fn was_recovering(&self) -> bool {
        matches!(
            self.state.as_str(),
            "shut down in recovery" | "in archive recovery"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
pg_control version number:            1300
Database system identifier:           7420123456789012345
Database cluster state:               in production
Latest checkpoint location:           0/17414F8
Latest checkpoint's TimeLineID:       3
Minimum recovery ending location:     0/0
WAL block size:                       8192
Bytes per WAL segment:                16777216
";

    #[test]
    fn the_control_file_is_read_from_its_printed_form() {
        let control = Control::parse(TEXT).unwrap();
        assert_eq!(control.system_identifier, 7_420_123_456_789_012_345);
        assert_eq!(control.checkpoint.to_string(), "0/17414F8");
        assert_eq!(control.timeline.get(), 3);
        assert_eq!(control.shutdown(), Shutdown::Crashed);
        assert!(!control.was_recovering());
    }

    #[test]
    fn a_crash_before_the_first_checkpoint_after_promotion_is_told_apart() {
        let unsettled = TEXT.replace("0/0", "0/1741490");
        assert_eq!(
            Control::parse(&unsettled).unwrap().shutdown(),
            Shutdown::CrashedUnsettled
        );
        let follows = unsettled.replace("in production", "in archive recovery");
        assert_eq!(
            Control::parse(&follows).unwrap().shutdown(),
            Shutdown::Crashed
        );
    }

    #[test]
    fn a_printed_form_that_lacks_a_field_is_refused() {
        for missing in TEXT.lines().skip(1) {
            assert_eq!(
                Control::parse(&TEXT.replace(missing, "")),
                None,
                "{missing}"
            );
        }
        assert_eq!(Control::parse(&TEXT.replace("8192", "0")), None);
    }
}
