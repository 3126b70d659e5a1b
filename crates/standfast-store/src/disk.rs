//! The file: every key as of the last commit, and a bound of the revisions in use. All calls block.
//!
//! The file is redb's, written by copy-on-write with checksums; a commit returns after its `fsync`.
//! After a failed commit it is unknown what the disk holds, so the server ends and its next start
//! reads what is there ("Can Applications Recover from fsync Failures?", Rebello et al., 2020).

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase as _, ReadableTable as _,
    StorageError, TableDefinition,
};

use super::error::Error;
use super::machine::{Commit, Loaded, Stored};
use standfast_record::{KeyValue, Revision};

/// Key to value, revision of creation, revision of the last write, whether ever written volatile.
const KEYS: TableDefinition<'_, &str, (&str, u64, u64, bool)> = TableDefinition::new("keys");
/// Numbers of the store itself.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
const NUMBER_FORMAT: &str = "format";
const NUMBER_RESERVED: &str = "reserved";

/// The version of the file's contents.
const FORMAT: u64 = 1;

/// The whole store is in memory as well, so the file needs next to no cache.
const CACHE_BYTES: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct Disk {
    database: Database,
}

impl Disk {
    /// Opens the file, or creates it.
    pub(super) fn open(path: &Path) -> Result<(Self, Loaded), Error> {
        let (database, born_as) = if path.try_exists().map_err(open_error(path))? {
            (open_existing(path)?, None)
        } else {
            create(path)?
        };
        let disk = Self { database };
        let loaded = disk.load(path)?;
        if let Some(born_as) = born_as {
            // The folder's entry must be as durable as what the file is about to hold.
            std::fs::rename(born_as, path).map_err(open_error(path))?;
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))
                .and_then(|folder| folder.sync_all())
                .map_err(open_error(path))?;
        }
        Ok((disk, loaded))
    }

    /// Opens a store on another kind of storage; the tests' disks that lose power.
    #[cfg(test)]
    pub(super) fn open_backend(
        backend: impl redb::StorageBackend,
    ) -> Result<(Self, Loaded), Error> {
        let path = Path::new("(memory)");
        let database = builder().create_with_backend(backend);
        let database = database.map_err(|error| database_error(path, error))?;
        let disk = Self { database };
        let loaded = disk.load(path)?;
        Ok((disk, loaded))
    }

    /// Puts a commit on stable storage.
    pub(super) fn commit(&self, commit: &Commit) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        // P21: what is acknowledged as durable is on stable storage first.
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut keys = transaction.open_table(KEYS)?;
            for (key, stored) in &commit.writes {
                match stored {
                    Some(Stored { entry, volatile }) => {
                        let (created, modified) = (entry.created.0, entry.modified.0);
                        let value = (entry.value.as_str(), created, modified, *volatile);
                        keys.insert(key.as_str(), value)?;
                    }
                    None => {
                        keys.remove(key.as_str())?;
                    }
                }
            }
            let mut numbers = transaction.open_table(NUMBERS)?;
            numbers.insert(NUMBER_FORMAT, FORMAT)?;
            numbers.insert(NUMBER_RESERVED, commit.reserved)?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn load(&self, path: &Path) -> Result<Loaded, Error> {
        let unreadable = |error: redb::Error| Error::Corrupt {
            path: path.to_owned(),
            source: Box::new(error),
        };
        let read = || -> Result<(Loaded, u64), redb::Error> {
            let transaction = self.database.begin_read()?;
            let mut loaded = Loaded::default();
            let numbers = match transaction.open_table(NUMBERS) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok((loaded, FORMAT)),
                other => other?,
            };
            let number = |name| numbers.get(name).map(|number| number.map(|n| n.value()));
            loaded.reserved = number(NUMBER_RESERVED)?.unwrap_or(0);
            let format = number(NUMBER_FORMAT)?.unwrap_or(0);
            for row in transaction.open_table(KEYS)?.iter()? {
                let (key, stored) = row?;
                let (value, created, modified, volatile) = stored.value();
                let entry = Arc::new(KeyValue {
                    key: key.value().to_owned(),
                    value: value.to_owned(),
                    created: Revision(created),
                    modified: Revision(modified),
                });
                let key = entry.key.clone();
                loaded.entries.insert(key, Stored { entry, volatile });
            }
            Ok((loaded, format))
        };
        match read().map_err(unreadable)? {
            (loaded, FORMAT) => Ok(loaded),
            (_, found) => Err(Error::Format {
                path: path.to_owned(),
                found,
            }),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn open_existing(path: &Path) -> Result<Database, Error> {
    builder()
        .open(path)
        .map_err(|error| database_error(path, error))
}

/// Creates the file under another name, which it sheds when it is whole: a crash halfway must not
/// leave a file that cannot be opened. Returns that name, unless another server was faster.
fn create(path: &Path) -> Result<(Database, Option<PathBuf>), Error> {
    let mut born_as = path.as_os_str().to_owned();
    born_as.push(".new");
    let born_as = PathBuf::from(born_as);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&born_as)
        .map_err(open_error(path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(locked(path)),
        Err(TryLockError::Error(error)) => return Err(open_error(path)(error)),
    }
    if path.try_exists().map_err(open_error(path))? {
        return open_existing(path).map(|database| (database, None));
    }
    file.set_len(0).map_err(open_error(path))?;
    let database = builder().create_file(file);
    let database = database.map_err(|error| database_error(path, error))?;
    Ok((database, Some(born_as)))
}

fn database_error(path: &Path, error: DatabaseError) -> Error {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::Locked { path },
        DatabaseError::Storage(StorageError::Io(source))
            if !matches!(
                source.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
            ) =>
        {
            Error::Open { path, source }
        }
        other => Error::Corrupt {
            path,
            source: Box::new(other.into()),
        },
    }
}

fn locked(path: &Path) -> Error {
    Error::Locked {
        path: path.to_owned(),
    }
}

fn open_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Open { path, source }
}
