//! A report for people. Its last lines are always the same, in the same order.

use std::fmt::Write as _;
use std::time::Duration;

use crate::history::Path;
use crate::plot::Plot;
use crate::report::DrillReport;
use crate::summary::{Spread, Summary};

/// How many lost writes are listed; the JSON report has all.
const LISTED_MAX: usize = 20;

/// Columns of the picture at most.
const COLUMNS_MAX: usize = 100;

/// How much of the picture is kept after the outage, in buckets.
const AFTERWARDS: usize = 20;

/// Eighths of a line, from nothing to full.
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The report as text, ending in: scenario; phases; outage; writes; acknowledgements out of epoch;
/// `promise kept` or `promise missed`.
pub fn render(report: &DrillReport) -> String {
    let mut text = String::new();
    // Writing to a `String` never fails.
    let _ = picture(&mut text, report);
    let _ = findings(&mut text, report);
    let _ = last_lines(&mut text, report);
    text
}

fn picture(text: &mut String, report: &DrillReport) -> std::fmt::Result {
    let plot = &report.plot;
    let outage = &report.verdict.outage;
    let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(0);
    // What is acknowledged once the fault is over is worth seeing as well.
    let ended_ms = (outage.began_ms + ms(outage.length)).max(ms(report.fault.lasted));
    let bucket_ms = i64::try_from(plot.bucket_ms).unwrap_or(1).max(1);
    let wanted = usize::try_from(ended_ms / bucket_ms).unwrap_or(0) + plot.before + AFTERWARDS;
    let longest = plot.paths.values().map(Vec::len).max().unwrap_or(0);
    let shown = wanted.min(longest);
    let width = shown.div_ceil(COLUMNS_MAX).max(1);
    writeln!(
        text,
        "acknowledgements per {} ms, beginning {} ms before the fault (│)",
        plot.bucket_ms * width as u64,
        plot.bucket_ms * plot.before as u64,
    )?;
    for path in Path::ALL {
        if let Some(counts) = plot.paths.get(&path) {
            line(text, &path.to_string(), counts, plot, shown, width)?;
        }
    }
    if let Some(counts) = &plot.pinned {
        line(text, "pinned", counts, plot, shown, width)?;
    }
    writeln!(text)
}

fn line(
    text: &mut String,
    name: &str,
    counts: &[u32],
    plot: &Plot,
    shown: usize,
    width: usize,
) -> std::fmt::Result {
    let columns: Vec<u32> = counts[..shown.min(counts.len())]
        .chunks(width)
        .map(|chunk| chunk.iter().sum())
        .collect();
    let most = columns.iter().max().copied().unwrap_or(0).max(1);
    write!(text, "  {name:<7} ")?;
    for (index, count) in columns.iter().enumerate() {
        if index == plot.before / width {
            text.push('│');
        }
        // Anything above nothing is visible.
        let level = (count * 8).div_ceil(most) as usize;
        text.push(LEVELS[level.min(8)]);
    }
    writeln!(text)
}

fn findings(text: &mut String, report: &DrillReport) -> std::fmt::Result {
    let verdict = &report.verdict;
    for lost in verdict.lost.iter().take(LISTED_MAX) {
        writeln!(
            text,
            "  lost: client {} row {} by {}, acknowledged {:+} ms from the fault, timeline {}",
            lost.client, lost.seq, lost.path, lost.acknowledged_ms, lost.timeline
        )?;
    }
    more(text, verdict.lost.len())?;
    for stale in verdict.stale.iter().take(LISTED_MAX) {
        writeln!(
            text,
            "  out of epoch: client {} row {} by {}, timeline {}, {} ms after a newer one began",
            stale.client,
            stale.seq,
            stale.path,
            stale.timeline,
            stale.late.as_millis()
        )?;
    }
    more(text, verdict.stale.len())?;
    for bound in &report.bounds {
        let met = if bound.met { "met" } else { "missed" };
        writeln!(
            text,
            "  bound {met}: {} (measured: {})",
            bound.what, bound.measured
        )?;
    }
    for breach in &verdict.breaches {
        writeln!(text, "  breach: {breach}")?;
    }
    if let Some(ms) = report.rejoined_after_ms {
        writeln!(
            text,
            "  the former primary followed again {ms} ms after the fault was healed"
        )?;
    }
    writeln!(
        text,
        "  measured to {} ms; the drill itself stood still for {} ms at most",
        verdict.resolution.as_millis(),
        report.stall.as_millis()
    )?;
    writeln!(text)
}

fn more(text: &mut String, found: usize) -> std::fmt::Result {
    match found.checked_sub(LISTED_MAX) {
        None | Some(0) => Ok(()),
        Some(rest) => writeln!(text, "  … and {rest} more; the JSON report lists all"),
    }
}

fn last_lines(text: &mut String, report: &DrillReport) -> std::fmt::Result {
    let verdict = &report.verdict;
    writeln!(text, "scenario: {}", scenario(report))?;
    let phases = report.phases.named().map(|(name, ms)| match ms {
        Some(ms) => format!("{name} {ms} ms"),
        None => format!("{name} unknown"),
    });
    writeln!(text, "phases: {}", phases.join(", "))?;
    let paths: Vec<_> = verdict
        .outage_by_path
        .iter()
        .map(|(path, outage)| format!("{path} {}", length(outage.length, outage.ended)))
        .collect();
    writeln!(
        text,
        "outage as clients saw it: {} ({}); promised {} ms",
        length(verdict.outage.length, verdict.outage.ended),
        paths.join(", "),
        report.promise.rto_ms
    )?;
    let writes = &verdict.writes;
    writeln!(
        text,
        "writes: {} attempted, {} acknowledged, {} lost ({} ms; promised {} ms)",
        writes.attempted,
        writes.acknowledged,
        verdict.lost.len(),
        verdict.loss.as_millis(),
        report.promise.rpo_ms
    )?;
    let by_proxy = verdict.stale_through_proxy();
    writeln!(
        text,
        "acknowledgements out of epoch: {} ({by_proxy} by proxy, {} by dns and direct)",
        verdict.stale.len(),
        verdict.stale.len() - by_proxy
    )?;
    let promise = if report.kept {
        "promise kept"
    } else {
        "promise missed"
    };
    writeln!(text, "{promise}")
}

fn scenario(report: &DrillReport) -> String {
    let successor = report.successor.as_ref().map_or_else(
        || "no region took over".to_owned(),
        |region| format!("{region} took over"),
    );
    let what = (report.scenario.script().account)(&report.fault, &report.region);
    format!("{} ({what}; {successor})", report.scenario)
}

fn length(length: Duration, ended: bool) -> String {
    let more_than = if ended { "" } else { "over " };
    format!("{more_than}{} ms", length.as_millis())
}

/// Several runs as text.
pub fn render_summary(summary: &Summary) -> String {
    let mut text = String::new();
    let rows: [(&str, Spread); 6] = [
        ("outage as clients saw it, ms", summary.outage_ms),
        ("five phases, ms", summary.phases_ms),
        ("acknowledged writes lost", summary.lost),
        ("loss, ms of writes", summary.loss_ms),
        ("out of epoch by proxy", summary.stale_proxy),
        ("out of epoch by dns and direct", summary.stale_direct),
    ];
    let _ = writeln!(text, "{}, {} runs", summary.scenario, summary.runs);
    let _ = writeln!(
        text,
        "  {:<32} {:>8} {:>8} {:>8}",
        "", "min", "median", "max"
    );
    for (name, spread) in rows {
        let _ = writeln!(
            text,
            "  {name:<32} {:>8} {:>8} {:>8}",
            spread.min, spread.median, spread.max
        );
    }
    let _ = writeln!(text, "promise kept in {} of {}", summary.kept, summary.runs);
    text
}

#[cfg(test)]
mod tests;
