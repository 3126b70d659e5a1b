//! The write-ahead log of a stopped server: where it ends, and what lies past a fork.
//!
//! `pg_waldump` reads it as the server's own recovery would: it follows the records' back links and
//! checksums and stops at the first that is not valid, be it in the middle of a segment, in a recycled
//! segment with old content, or where the next segment is missing. That is the end.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use standfast_replication::{Error, LogEnd, Surplus};
use standfast_units::{Lsn, Timeline};

use crate::control::{Control, Geometry};
use crate::defaults::{LOG_WITHIN, SURPLUS_COMMITS_MAX};
use crate::files;
use crate::history::{self, HistoryFile};
use crate::program::{self, Finished, Programs};
use crate::record::{LogRecord, Segment};

/// A part of the log to be read from the files of one timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    timeline: Timeline,
    start: Lsn,
    /// Where the files of the next timeline take over.
    stop: Option<Lsn>,
}

/// The log of one stopped folder.
pub(crate) struct Log<'a> {
    programs: &'a Programs,
    data: &'a Path,
    control: Control,
    segments: BTreeSet<Segment>,
}

impl<'a> Log<'a> {
    /// Looks at the folder.
    pub(crate) async fn open(programs: &'a Programs, data: &'a Path) -> Result<Self, Error> {
        let control = Control::read(programs, data).await?;
        let segments = segments(data, control.geometry)?;
        Ok(Self {
            programs,
            data,
            control,
            segments,
        })
    }

    /// The newest timeline that the folder holds any log of.
    pub(crate) fn newest_timeline(&self) -> Timeline {
        let newest = self.segments.iter().map(|(timeline, _)| *timeline).max();
        newest.map_or(self.control.timeline, |newest| {
            newest.max(self.control.timeline)
        })
    }

    /// Where the log ends.
    pub(crate) async fn end(&self) -> Result<LogEnd, Error> {
        let (timeline, start) = (self.control.timeline, self.control.checkpoint);
        let mut end = None;
        for stretch in self.stretches(timeline, start)? {
            self.read(stretch, |record| {
                end = Some(LogEnd {
                    timeline: stretch.timeline,
                    position: record.end(self.control.geometry),
                });
            })
            .await?;
        }
        end.ok_or_else(|| Error::Contradiction {
            what: format!(
                "the checkpoint at {start} on timeline {timeline} that the control file names is not \
                 in the log of {}",
                self.data.display()
            ),
        })
    }

    /// Lists what lies past `fork` on `timeline`, and on what this server wrote after it, and keeps the
    /// segments that hold it.
    pub(crate) async fn surplus(
        &self,
        timeline: Timeline,
        fork: Lsn,
        keep_in: &Path,
    ) -> Result<Surplus, Error> {
        let end = self.end().await?;
        let mut surplus = Surplus {
            end: end.position,
            bytes: end.position.since(fork),
            transactions: 0,
            commits: Vec::new(),
        };
        if end.timeline < timeline {
            return Err(Error::Contradiction {
                what: format!(
                    "the log ends on timeline {}, before timeline {timeline} began",
                    end.timeline
                ),
            });
        }
        if end.position <= fork {
            return Ok(surplus);
        }
        let stretches = self.stretches(timeline, fork)?;
        let mut reached = None;
        for stretch in &stretches {
            self.read(*stretch, |record| {
                reached = Some(record.end(self.control.geometry));
                if let Some(commit) = record.commit() {
                    surplus.transactions += 1;
                    if surplus.commits.len() < SURPLUS_COMMITS_MAX {
                        surplus.commits.push(commit);
                    }
                }
            })
            .await?;
        }
        // An incomplete list must never pass for the whole loss.
        if reached != Some(end.position) {
            return Err(Error::Contradiction {
                what: format!(
                    "the log from {fork} on timeline {timeline} can be read up to {} but ends at {}",
                    reached.unwrap_or(fork),
                    end.position
                ),
            });
        }
        self.keep(&stretches, end.position, keep_in).await?;
        Ok(surplus)
    }

    /// How to read from `start` on `timeline` to the end: from the files of the newest timeline that
    /// leads on from there, which begin with a copy of the segment in which the parent was left.
    fn stretches(&self, timeline: Timeline, start: Lsn) -> Result<Vec<Stretch>, Error> {
        let geometry = self.control.geometry;
        let first = Stretch {
            timeline,
            start,
            stop: None,
        };
        let histories = history::read_all(self.data)?;
        let newest = histories.iter().rev().find_map(|(newer, file)| {
            let HistoryFile::Real(history) = file else {
                return None;
            };
            let (_, last) = history.ancestors.last()?;
            let leads_on = *newer > timeline
                && history.left_at(timeline).is_some_and(|left| left >= start)
                && self.segments.contains(&(*newer, geometry.segment(*last)));
            leads_on.then_some((*newer, history))
        });
        let Some((newest, history)) = newest else {
            return Ok(vec![first]);
        };
        let mut stretches = vec![first];
        let steps = history
            .ancestors
            .iter()
            .skip_while(|(ancestor, _)| *ancestor != timeline);
        let children = steps
            .clone()
            .skip(1)
            .map(|(child, _)| *child)
            .chain([newest]);
        for ((_, left), child) in steps.zip(children) {
            let boundary = Lsn::new(geometry.segment(*left) * geometry.segment_bytes);
            if let Some(parent) = stretches.pop() {
                let start = parent.start.max(boundary);
                if parent.start < boundary {
                    stretches.push(Stretch {
                        stop: Some(boundary),
                        ..parent
                    });
                }
                stretches.push(Stretch {
                    timeline: child,
                    start,
                    stop: None,
                });
            }
        }
        Ok(stretches)
    }

    /// Hands every record of a stretch to `take`.
    async fn read(
        &self,
        stretch: Stretch,
        mut take: impl FnMut(&LogRecord<'_>),
    ) -> Result<(), Error> {
        let geometry = self.control.geometry;
        let first = (stretch.timeline, geometry.segment(stretch.start));
        if !self.segments.contains(&first) {
            return Ok(());
        }
        let last = self.last_segment(stretch, first);
        let mut command = self.programs.command("pg_waldump");
        command
            .arg("--path")
            .arg(history::log_folder(self.data))
            .args(["--timeline", &stretch.timeline.to_string()])
            .args(["--start", &stretch.start.to_string()]);
        // An end outside the files named is refused; where files are missing there is none to be named.
        if let Some(stop) = stretch
            .stop
            .filter(|stop| last.1 == geometry.segment(before(*stop)))
        {
            command.args(["--end", &stop.to_string()]);
        }
        // Named, because it learns the size of segments from the first file it comes across, which may be
        // one that was made ahead and holds nothing yet ("header specifies 0 bytes", measured).
        command
            .arg(geometry.file_name(first))
            .arg(geometry.file_name(last));
        let mut unknown = None;
        let (status, talk) = program::stream_lines("pg_waldump", command, LOG_WITHIN, |line| {
            match LogRecord::parse(line) {
                Some(record) => take(&record),
                None if line.starts_with("rmgr: ") => unknown = Some(line.to_owned()),
                // Further lines of a description, or the note that the start was inside a record.
                None => {}
            }
        })
        .await?;
        if let Some(line) = unknown {
            return Err(Error::Contradiction {
                what: format!("pg_waldump printed a record in an unknown form: {line}"),
            });
        }
        let ended = status.success()
            || [
                "error in WAL record at",
                "could not find a valid record after",
                "could not find file",
            ]
            .iter()
            .any(|end| talk.contains(end));
        if ended {
            return Ok(());
        }
        Err(Finished {
            status,
            output: String::new(),
            talk,
        }
        .into_error("pg_waldump"))
    }

    /// The last segment that may hold records of a stretch: that of its stop, as far as the files go
    /// without a gap.
    fn last_segment(&self, stretch: Stretch, first: Segment) -> Segment {
        let geometry = self.control.geometry;
        let stop = stretch.stop.map(|stop| geometry.segment(before(stop)));
        let mut last = first;
        while stop.is_none_or(|stop| last.1 < stop) && self.segments.contains(&(last.0, last.1 + 1))
        {
            last.1 += 1;
        }
        last
    }

    /// Copies the segments of the stretches, and every history, into `keep_in`, durably.
    async fn keep(&self, stretches: &[Stretch], end: Lsn, keep_in: &Path) -> Result<(), Error> {
        let geometry = self.control.geometry;
        let mut names: Vec<String> = history::read_all(self.data)?
            .into_keys()
            .map(|timeline| format!("{:08X}.history", timeline.get()))
            .collect();
        for stretch in stretches {
            let last = before(stretch.stop.unwrap_or(end));
            let numbers = geometry.segment(stretch.start)..=geometry.segment(last);
            names.extend(numbers.map(|number| geometry.file_name((stretch.timeline, number))));
        }
        let from = history::log_folder(self.data);
        let to = keep_in.to_owned();
        files::blocking(move || {
            fs::create_dir_all(&to).map_err(files::failed("create", &to))?;
            for name in names {
                files::copy_durably(&from.join(&name), &to.join(&name))?;
            }
            files::sync_folder(&to)?;
            files::sync_parent(&to)
        })
        .await
    }
}

/// The last byte that belongs to a stretch which stops there.
const fn before(stop: Lsn) -> Lsn {
    Lsn::new(stop.get().saturating_sub(1))
}

fn segments(data: &Path, geometry: Geometry) -> Result<BTreeSet<Segment>, Error> {
    let folder = history::log_folder(data);
    let mut segments = BTreeSet::new();
    for entry in fs::read_dir(&folder).map_err(files::failed("read", &folder))? {
        let name = entry.map_err(files::failed("read", &folder))?.file_name();
        segments.extend(
            name.to_str()
                .and_then(|name| geometry.parse_file_name(name)),
        );
    }
    Ok(segments)
}
