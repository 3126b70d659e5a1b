//! Records of the write-ahead log as `pg_waldump` prints them, and where they lie in files and pages.
//!
//! The printed form is that of versions 13 and later; a record in another form is an error to the reader,
//! never skipped.

use standfast_replication::SurplusCommit;
use standfast_units::{Lsn, Timeline};

use crate::control::Geometry;

/// Size of a page header: `SizeOfXLogShortPHD` and, on the first page of a segment,
/// `SizeOfXLogLongPHD` (`xlog_internal.h`).
const SHORT_HEADER_BYTES: u64 = 24;
const LONG_HEADER_BYTES: u64 = 40;

/// Records begin at multiples of this (`MAXIMUM_ALIGNOF`).
const ALIGNMENT_BYTES: u64 = 8;

/// A segment file: its timeline and its number.
pub(crate) type Segment = (Timeline, u64);

impl Geometry {
    /// The number of the segment that holds the byte at `position`.
    pub(crate) fn segment(self, position: Lsn) -> u64 {
        position.get() / self.segment_bytes
    }

    pub(crate) fn file_name(self, (timeline, number): Segment) -> String {
        let per_file = (1 << 32) / self.segment_bytes;
        format!(
            "{:08X}{:08X}{:08X}",
            timeline.get(),
            number / per_file,
            number % per_file
        )
    }

    pub(crate) fn parse_file_name(self, name: &str) -> Option<Segment> {
        if name.len() != 24 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |range| u32::from_str_radix(&name[range], 16).ok();
        let per_file = (1 << 32) / self.segment_bytes;
        let number = u64::from(part(8..16)?) * per_file + u64::from(part(16..24)?);
        Some((Timeline::new(part(0..8)?)?, number))
    }

    /// The position after a record of `length` bytes at `start`, page headers in between included.
    fn record_end(self, start: Lsn, length: u64) -> Lsn {
        let mut position = start.get();
        let mut left = length;
        loop {
            let page_end = (position / self.page_bytes + 1) * self.page_bytes;
            if left <= page_end - position {
                return Lsn::new((position + left).next_multiple_of(ALIGNMENT_BYTES));
            }
            left -= page_end - position;
            position = page_end
                + if page_end.is_multiple_of(self.segment_bytes) {
                    LONG_HEADER_BYTES
                } else {
                    SHORT_HEADER_BYTES
                };
        }
    }
}

/// One record as `pg_waldump` prints it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LogRecord<'a> {
    manager: &'a str,
    length: u64,
    transaction: u64,
    position: Lsn,
    description: &'a str,
}

impl<'a> LogRecord<'a> {
    /// Reads `rmgr: Heap len (rec/tot): 54/ 150, tx: 735, lsn: 0/0176C4E8, prev 0/…, desc: …`.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let (head, description) = line.split_once(", desc: ")?;
        let mut fields = head.strip_prefix("rmgr: ")?.split(", ");
        let (manager, length) = fields.next()?.split_once(" len (rec/tot):")?;
        Some(Self {
            manager: manager.trim(),
            length: length.split_once('/')?.1.trim().parse().ok()?,
            transaction: fields.next()?.strip_prefix("tx:")?.trim().parse().ok()?,
            position: fields.next()?.strip_prefix("lsn:")?.trim().parse().ok()?,
            description,
        })
    }

    /// The position after it.
    pub(crate) fn end(&self, geometry: Geometry) -> Lsn {
        let end = geometry.record_end(self.position, self.length);
        if self.manager == "XLOG" && self.description.starts_with("SWITCH") {
            // The rest of the segment stays empty (`xlogreader.c`).
            Lsn::new(end.get().next_multiple_of(geometry.segment_bytes))
        } else {
            end
        }
    }

    /// The commit, if it is one.
    pub(crate) fn commit(&self) -> Option<SurplusCommit> {
        if self.manager != "Transaction" {
            return None;
        }
        let (transaction, rest) = if let Some(rest) = self.description.strip_prefix("COMMIT ") {
            (self.transaction, rest)
        } else {
            let rest = self.description.strip_prefix("COMMIT_PREPARED ")?;
            let (transaction, rest) = rest.split_once(": ")?;
            (transaction.parse().ok()?, rest)
        };
        Some(SurplusCommit {
            transaction,
            position: self.position,
            committed_at: rest.split(';').next().unwrap_or(rest).trim().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GEOMETRY: Geometry = Geometry {
        page_bytes: 8192,
        segment_bytes: 16 << 20,
    };

    proptest! {
        #[test]
        fn no_text_panics_the_record_parser(text in ".*") {
            if let Some(record) = LogRecord::parse(&text) {
                let _ = record.commit();
            }
            let _ = GEOMETRY.parse_file_name(&text);
        }

        #[test]
        fn a_segment_reads_back_from_its_file_name(timeline in 1u32.., number in 0u64..1 << 32) {
            let segment = (Timeline::new(timeline).unwrap(), number);
            let name = GEOMETRY.file_name(segment);
            prop_assert_eq!(GEOMETRY.parse_file_name(&name), Some(segment));
        }
    }

    #[test]
    fn a_record_ends_after_its_bytes_and_the_headers_of_the_pages_it_crosses() {
        let check = |start: u64, length: u64, end: u64| {
            assert_eq!(
                GEOMETRY.record_end(Lsn::new(start), length),
                Lsn::new(end),
                "{length} bytes at {start:#x}"
            );
        };
        check(0x017_414F8, 114, 0x0174_1570);
        // To the last byte of a page: the next record's header is not counted.
        check(0x200_1F80, 128, 0x200_2000);
        check(0x200_1F80, 136, 0x200_2000 + 24 + 8);
        // Into the first page of the next segment.
        check(0x2FF_FFF8, 16, 0x300_0000 + 40 + 8);
        check(0x200_1F80, 128 + 8168 + 1, 0x200_4000 + 24 + 8);
    }

    #[test]
    fn commits_are_read_from_their_printed_form() {
        let line = "rmgr: Transaction len (rec/tot):     34/   134, tx:        735, lsn: 0/0176C4E8, \
                    prev 0/0176C4A0, desc: COMMIT 2026-11-20 10:11:12.123456 UTC; inval msgs: x";
        let record = LogRecord::parse(line).unwrap();
        assert_eq!((record.manager, record.length), ("Transaction", 134));
        assert_eq!(
            record.commit().unwrap(),
            SurplusCommit {
                transaction: 735,
                position: Lsn::new(0x176_C4E8),
                committed_at: "2026-11-20 10:11:12.123456 UTC".to_owned(),
            }
        );
        let prepared = line.replace("COMMIT ", "COMMIT_PREPARED 812: ");
        let commit = LogRecord::parse(&prepared).unwrap().commit().unwrap();
        assert_eq!(commit.transaction, 812);
        let abort = line.replace("COMMIT ", "ABORT ");
        assert_eq!(LogRecord::parse(&abort).unwrap().commit(), None);
    }

    #[test]
    fn a_switch_of_segments_ends_at_the_next_segment() {
        let line = "rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 0/02000148, \
                    prev 0/02000110, desc: SWITCH ";
        let end = LogRecord::parse(line).unwrap().end(GEOMETRY);
        assert_eq!(end, Lsn::new(0x300_0000));
    }
}
