//! What is left of a store after its machine lost power: a disk that forgets what was not synced, cut
//! off at each of its operations in turn.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::disk::Disk;
use super::machine::{Flush, Machine};
use standfast_record::{Durability, KeyValue, Revision, Transaction};

/// A sector: what a disk writes as one.
const SECTOR: usize = 512;

/// One operation that was not synced.
#[derive(Debug, Clone)]
enum Unsynced {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

impl Unsynced {
    fn apply(&self, image: &mut Vec<u8>) {
        match self {
            Self::Length(length) => image.resize(*length, 0),
            Self::Write { offset, data } => {
                // A write may survive although the growth of the file before it did not.
                image.resize(image.len().max(offset + data.len()), 0);
                image[*offset..offset + data.len()].copy_from_slice(data);
            }
        }
    }
}

#[derive(Debug, Default)]
struct State {
    synced: Vec<u8>,
    current: Vec<u8>,
    unsynced: Vec<Unsynced>,
    /// Operations left until the power fails.
    budget: usize,
    used: usize,
}

/// What survives of the operations that were not synced.
#[derive(Debug, Clone, Copy)]
enum Survivors {
    None,
    All,
    /// Each by chance, and writes sector by sector.
    Some,
}

#[derive(Debug, Clone, Default)]
struct FailingDisk(Arc<Mutex<State>>);

impl FailingDisk {
    fn new(image: Vec<u8>, budget: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            synced: image.clone(),
            current: image,
            budget,
            ..State::default()
        })))
    }

    fn operate<T>(&self, operation: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        let mut state = self.0.lock().unwrap();
        if state.used == state.budget {
            return Err(io::Error::other("the power is gone"));
        }
        state.used += 1;
        Ok(operation(&mut state))
    }

    fn used(&self) -> usize {
        self.0.lock().unwrap().used
    }

    /// The file as it is found when the power is back.
    fn image(&self, survivors: Survivors, random: &mut StdRng) -> Vec<u8> {
        let state = self.0.lock().unwrap();
        let mut image = state.synced.clone();
        for operation in &state.unsynced {
            match (survivors, operation) {
                (Survivors::None, _) => {}
                (Survivors::All, operation) => operation.apply(&mut image),
                (Survivors::Some, Unsynced::Length(_)) => {
                    if random.random() {
                        operation.apply(&mut image);
                    }
                }
                (Survivors::Some, Unsynced::Write { offset, data }) => {
                    for (index, sector) in data.chunks(SECTOR).enumerate() {
                        if random.random() {
                            let offset = offset + index * SECTOR;
                            let data = sector.to_vec();
                            Unsynced::Write { offset, data }.apply(&mut image);
                        }
                    }
                }
            }
        }
        image
    }
}

impl redb::StorageBackend for FailingDisk {
    fn len(&self) -> io::Result<u64> {
        let state = self.0.lock().unwrap();
        Ok(u64::try_from(state.current.len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        let state = self.0.lock().unwrap();
        let data = state.current.get(offset..offset + out.len());
        out.copy_from_slice(data.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.operate(|state| {
            let operation = Unsynced::Length(usize::try_from(len).unwrap());
            operation.apply(&mut state.current);
            state.unsynced.push(operation);
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.operate(|state| {
            state.synced.clone_from(&state.current);
            state.unsynced.clear();
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.operate(|state| {
            let operation = Unsynced::Write {
                offset: usize::try_from(offset).unwrap(),
                data: data.to_vec(),
            };
            operation.apply(&mut state.current);
            state.unsynced.push(operation);
        })
    }
}

/// What clients know: what they were told, and what they asked for and do not know the outcome of.
#[derive(Debug, Clone, Default)]
struct Known {
    acknowledged: BTreeMap<String, (String, Revision)>,
    in_doubt: BTreeMap<String, String>,
    volatile: BTreeMap<String, (u64, Revision)>,
    revision: Revision,
}

/// Runs the same clients as far as the disk lets them.
fn run(disk: &FailingDisk, known: &mut Known) {
    let _ = try_run(disk, known);
}

fn try_run(disk: &FailingDisk, known: &mut Known) -> Option<()> {
    let (disk, loaded) = Disk::open_backend(disk.clone()).ok()?;
    let (mut machine, first) = Machine::<String>::recover(loaded);
    disk.commit(&first).ok()?;
    for round in 0..12_u64 {
        // Two durable transactions share a commit; each writes two keys.
        for side in ["left", "right"] {
            let value = format!(
                "{round}-{}",
                "x".repeat(usize::try_from(round * 40).unwrap())
            );
            let write = Transaction::new()
                .put(format!("{side}/a"), &value, Durability::Durable)
                .put(format!("{side}/b"), &value, Durability::Durable);
            known.in_doubt.insert(side.to_owned(), value);
            machine.transact(write, side.to_owned());
        }
        // The first renewal creates a key, the next change it; `marked` begins durable.
        if round == 0 {
            let create = Transaction::new().put("marked", "0", Durability::Durable);
            machine.transact(create, "marked".to_owned());
        }
        let commit = machine.begin_commit(Flush::WithNextCommit)?;
        // While the commit is under way, renewals of keys it does not hold go on.
        renew(&mut machine, "renewed", round, known);
        disk.commit(&commit).ok()?;
        machine.finish_commit();
        take_answers(&mut machine, known);
        renew(&mut machine, "marked", round, known);
        if let Some(commit) = machine.begin_commit(Flush::WithNextCommit) {
            disk.commit(&commit).ok()?;
            machine.finish_commit();
            take_answers(&mut machine, known);
        }
    }
    Some(())
}

fn renew(machine: &mut Machine<String>, key: &str, round: u64, known: &mut Known) {
    let at = machine.get(key).entry.map(|entry| entry.modified);
    let renewal = Transaction::new()
        .if_modified_at(key, at.unwrap_or_default())
        .put(key, round.to_string(), Durability::Volatile);
    machine.transact(renewal, key.to_owned());
    take_answers(machine, known);
}

fn take_answers(machine: &mut Machine<String>, known: &mut Known) {
    for (ticket, outcome) in machine.take_answers() {
        let outcome = outcome.expect("nothing is refused");
        assert!(outcome.succeeded);
        assert!(outcome.revision > known.revision, "revisions grow");
        known.revision = outcome.revision;
        if let Some(value) = known.in_doubt.remove(&ticket) {
            let acknowledged = (value, outcome.revision);
            known.acknowledged.insert(ticket, acknowledged);
        } else {
            let renewals = known.volatile.get(&ticket).map_or(0, |(count, _)| *count);
            let seen = (renewals + 1, outcome.revision);
            known.volatile.insert(ticket, seen);
        }
    }
}

fn verify(image: Vec<u8>, known: &Known) {
    let disk = FailingDisk::new(image, usize::MAX);
    let (disk, loaded) = Disk::open_backend(disk).expect("the file opens after the power failed");
    let (machine, first) = Machine::<String>::recover(loaded);
    disk.commit(&first).expect("the disk works again");
    let entry = |key: &str| machine.get(key).entry;
    assert!(
        machine.get("").revision > known.revision,
        "no revision is used twice"
    );
    for side in ["left", "right"] {
        let (a, b) = (entry(&format!("{side}/a")), entry(&format!("{side}/b")));
        let text =
            |entry: &Option<Arc<KeyValue>>| entry.clone().map(|e| (e.value.clone(), e.modified));
        assert_eq!(
            text(&a),
            text(&b),
            "a transaction is there whole or not at all"
        );
        let found = text(&a);
        match known.acknowledged.get(side) {
            Some(acknowledged) if found.as_ref() == Some(acknowledged) => {}
            acknowledged => {
                let found = found.map(|(value, _)| value);
                let in_doubt = known.in_doubt.get(side);
                assert!(
                    found.as_ref() == in_doubt || (acknowledged.is_none() && found.is_none()),
                    "{found:?} was neither acknowledged ({acknowledged:?}) nor asked for"
                );
            }
        }
    }
    let marked = entry("marked");
    if let Some((renewals, seen)) = known.volatile.get("marked") {
        let marked = marked.expect("a key that was created durable is there");
        if *renewals > 1 {
            assert!(marked.modified > *seen, "P21: written anew after a restart");
        }
    }
    if let (Some(renewed), Some((_, seen))) = (entry("renewed"), known.volatile.get("renewed")) {
        assert!(
            renewed.modified > *seen,
            "P21: written anew after a restart"
        );
    }
}

#[test]
fn power_lost_at_any_moment_takes_nothing_that_was_acknowledged() {
    let whole = FailingDisk::new(Vec::new(), usize::MAX);
    // The file is made whole under another name, so the power may fail from then on.
    drop(Disk::open_backend(whole.clone()).unwrap());
    let image = whole.image(Survivors::All, &mut StdRng::seed_from_u64(0));

    let unhurt = FailingDisk::new(image.clone(), usize::MAX);
    let mut known = Known::default();
    run(&unhurt, &mut known);
    let operations = unhurt.used();
    assert!(known.in_doubt.is_empty() && known.acknowledged.len() == 2);
    assert!(
        operations > 100,
        "{operations} operations are too few to mean much"
    );

    for budget in 0..operations {
        let disk = FailingDisk::new(image.clone(), budget);
        let mut known = Known::default();
        run(&disk, &mut known);
        // The budget seeds the choice, so that a failure can be repeated.
        let mut random = StdRng::seed_from_u64(u64::try_from(budget).unwrap());
        for survivors in [
            Survivors::None,
            Survivors::All,
            Survivors::Some,
            Survivors::Some,
        ] {
            verify(disk.image(survivors, &mut random), &known);
        }
    }
}

#[test]
fn a_file_that_survives_one_crash_after_another_keeps_all() {
    let mut random = StdRng::seed_from_u64(21);
    let whole = FailingDisk::new(Vec::new(), usize::MAX);
    drop(Disk::open_backend(whole.clone()).unwrap());
    let mut image = whole.image(Survivors::All, &mut random);
    let mut revision = Revision::default();
    for _ in 0..100 {
        let disk = FailingDisk::new(image, random.random_range(0..300));
        let mut known = Known {
            revision,
            ..Known::default()
        };
        run(&disk, &mut known);
        revision = known.revision;
        image = disk.image(Survivors::Some, &mut random);
    }
}
