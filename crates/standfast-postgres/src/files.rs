//! Files that survive a power cut: written whole, synced, renamed, and their folder synced. Also the
//! durable `incomplete` mark (P6) and what keeps blocking calls off the runtime's threads.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use standfast_replication::Error;

/// Mode of every file we write: they hold passwords, or say where to find them.
pub(crate) const PRIVATE: u32 = 0o600;

/// Turns an I/O error into one that says what was attempted on which file.
pub(crate) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { what, path, source }
}

/// Runs file work where it may block: a slow disk must not hold up the loop that renews a lease.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(Error::Contradiction {
            what: format!("file work did not run to its end: {stopped}"),
        }),
    }
}

/// Replaces a file as a whole: readers see the old or the new content, also after a crash.
pub(crate) fn write_durably(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    let draft = beside(path, ".draft");
    remove_if_there(&draft)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&draft)
        .map_err(failed("create", &draft))?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .map_err(failed("write", &draft))?;
    fs::rename(&draft, path).map_err(failed("replace", path))?;
    sync_parent(path)
}

/// Removes a file durably; it need not exist.
pub(crate) fn remove_durably(path: &Path) -> Result<(), Error> {
    if remove_if_there(path)? {
        sync_parent(path)?;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("remove", path)(error)),
    }
}

/// Removes a folder and all it holds; it need not exist.
pub(crate) fn remove_tree(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("remove", path)(error)),
    }
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed("sync", folder))
}

/// Makes the entry of a file in its folder durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    sync_folder(path.parent().unwrap_or(Path::new("/")))
}

/// Whether something is there, dangling links included.
pub(crate) fn exists(path: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// The path with something appended to its last part.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(suffix);
    path.with_file_name(name)
}

/// Copies a file and makes the copy durable.
pub(crate) fn copy_durably(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map_err(failed("copy", from))?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(failed("sync", to))
}

/// The mark of a folder whose making did not finish (P6). It lies beside the data folder, because
/// `pg_rewind` removes from the folder whatever its source does not have.
#[derive(Debug, Clone)]
pub(crate) struct IncompleteMark {
    path: PathBuf,
}

impl IncompleteMark {
    /// The mark of this data folder.
    pub(crate) fn of(data: &Path) -> Self {
        Self {
            path: beside(data, ".incomplete"),
        }
    }

    /// Whether the folder is marked.
    pub(crate) fn is_set(&self) -> Result<bool, Error> {
        exists(&self.path)
    }

    /// Marks the folder; durable when it returns.
    pub(crate) fn set(&self, why: &str) -> Result<(), Error> {
        let content = format!("{why} of this folder did not finish; it is only made anew\n");
        write_durably(&self.path, content.as_bytes(), PRIVATE)
    }

    /// Declares the folder whole; durable when it returns.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        remove_durably(&self.path)
    }
}
