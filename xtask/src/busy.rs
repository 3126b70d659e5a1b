//! `cargo xtask test --busy`: a load beside the tests, so that those which assume speed are found.
//!
//! Loops take the processors, writers the disk: each writes a block and waits until it is stored, again and
//! again, as a database under load does. They are threads of this process with the priority that any
//! program has, so that they end with it, in whatever way it ends; files that a kill leaves below `target/`
//! are written over by the next load.
//!
//! What it deliberately does not do: load the steps that build, which would only take longer, and the drills
//! on the example, whose report is about the machine.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;

use crate::clock::Stopwatch;
use crate::steps::say;

/// How many loops unless told otherwise: four for each of the two cores that CI has.
pub(crate) const LOOPS: &str = "8";

/// How many threads write: one more than a disk needs to be always busy.
const WRITERS: usize = 2;

/// What a writer stores at a time: some pages and a piece of log, as a checkpoint does.
const BLOCK_BYTES: usize = 256 * 1024;

/// How many blocks a file has before it is written from its start: 16 MiB, a segment of `PostgreSQL`'s log.
const BLOCKS: u64 = 64;

/// Where the writers' files lie.
const FOLDER: &str = "target/xtask/busy";

/// How often the load says that it is there.
const SAY_EVERY: Duration = Duration::from_mins(1);

/// A load that runs, until it is dropped.
#[derive(Debug)]
pub(crate) struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    files: Vec<PathBuf>,
    since: Stopwatch,
    loops: u32,
}

#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    /// Holds nothing: what is waited for is `ended`, and the lock keeps the wait from missing it.
    lock: Mutex<()>,
    ending: Condvar,
    /// Blocks that were stored.
    blocks: AtomicU64,
    /// Rounds that loops took.
    rounds: AtomicU64,
}

impl Load {
    /// Begins: from here on the machine is busy.
    ///
    /// # Errors
    ///
    /// When a file cannot be made or a thread not be started; what was begun ends again.
    pub(crate) fn start(loops: u32) -> anyhow::Result<Self> {
        say(&format!(
            "  busy: {loops} loops, and {WRITERS} writers in {FOLDER}, run beside the tests"
        ));
        Self::start_in(Path::new(FOLDER), loops)
    }

    fn start_in(folder: &Path, loops: u32) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let mut load = Self {
            shared: Arc::default(),
            threads: Vec::new(),
            files: Vec::new(),
            since: Stopwatch::start(),
            loops,
        };
        for _ in 0..loops {
            load.spawn("busy-loop", Shared::turn)?;
        }
        for number in 0..WRITERS {
            let path = folder.join(format!("writer-{number}"));
            let file =
                File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
            load.files.push(path);
            load.spawn("busy-writer", move |shared| {
                if let Err(error) = shared.write(file) {
                    say(&format!("  busy: a writer ended early: {error}"));
                }
            })?;
        }
        load.spawn("busy-report", Shared::report)?;
        Ok(load)
    }

    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce(&Shared) + Send + 'static,
    ) -> anyhow::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&shared))
            .context("cannot start a thread of the load")?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.end();
        for thread in self.threads.drain(..) {
            // One that panicked has ended too, and said why.
            let _ = thread.join();
        }
        for file in &self.files {
            // The next load writes over what cannot be removed.
            let _ = fs::remove_file(file);
        }
        let (loops, told) = (self.loops, self.shared.told());
        let seconds = self.since.elapsed().as_secs();
        say(&format!(
            "  busy: {loops} loops ended after {seconds}s; {told}"
        ));
    }
}

impl Shared {
    fn end(&self) {
        let held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.ended.store(true, Ordering::SeqCst);
        drop(held);
        self.ending.notify_all();
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Takes a processor.
    fn turn(&self) {
        let mut number = 1_u64;
        while !self.has_ended() {
            for _ in 0..1_000_000 {
                number = black_box(
                    number
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1),
                );
            }
            self.rounds.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes the disk.
    fn write(&self, mut file: File) -> io::Result<()> {
        let block = vec![0xa5; BLOCK_BYTES];
        while !self.has_ended() {
            file.rewind()?;
            for _ in (0..BLOCKS).take_while(|_| !self.has_ended()) {
                file.write_all(&block)?;
                file.sync_all()?;
                self.blocks.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Says now and then that the load is there.
    fn report(&self) {
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.has_ended() {
            let waited = self.ending.wait_timeout(held, SAY_EVERY);
            let (again, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            held = again;
            if timeout.timed_out() {
                say(&format!("  busy: {}", self.told()));
            }
        }
    }

    fn told(&self) -> String {
        let stored = self.blocks.load(Ordering::Relaxed);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or("unknown");
        format!("{stored} blocks written and synced, load average {load}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Far more than a loaded machine needs for a first block.
    const PATIENCE: Duration = Duration::from_mins(1);

    #[test]
    fn a_load_takes_processor_and_disk_and_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("xtask-busy-{}", std::process::id()));
        let load = Load::start_in(&folder, 1).unwrap();
        let shared = Arc::clone(&load.shared);
        let worked = || {
            let (blocks, rounds) = (&shared.blocks, &shared.rounds);
            blocks.load(Ordering::Relaxed) > 2 && rounds.load(Ordering::Relaxed) > 0
        };
        let since = Stopwatch::start();
        while !worked() && since.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        assert!(worked(), "{}", shared.told());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), WRITERS);

        drop(load);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        assert_eq!(Arc::strong_count(&shared), 1, "a thread still runs");
        fs::remove_dir(&folder).unwrap();
    }

    #[test]
    fn a_writer_starts_its_file_again_before_it_grows() {
        let path = std::env::temp_dir().join(format!("xtask-busy-full-{}", std::process::id()));
        let shared = Arc::new(Shared::default());
        let writer = {
            let (shared, file) = (Arc::clone(&shared), File::create(&path).unwrap());
            std::thread::spawn(move || shared.write(file))
        };
        let since = Stopwatch::start();
        let stored = || shared.blocks.load(Ordering::Relaxed);
        while stored() <= BLOCKS && since.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        shared.end();
        writer.join().unwrap().unwrap();
        let length = fs::metadata(&path).unwrap().len();
        fs::remove_file(&path).unwrap();
        assert!(stored() > BLOCKS);
        assert_eq!(length, BLOCKS * u64::try_from(BLOCK_BYTES).unwrap());
    }

    #[test]
    fn a_load_that_cannot_start_ends_what_it_began() {
        let file = std::env::temp_dir().join(format!("xtask-busy-file-{}", std::process::id()));
        fs::write(&file, "").unwrap();
        assert!(Load::start_in(&file, 1).is_err());
        fs::remove_file(&file).unwrap();
    }
}
