//! Creates and checks single folders.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

use super::{Error, Owner};

/// Marks a folder as ours: only a marked folder is ever removed.
const MARKER: &str = ".standfast";

/// Creates what is missing above `root`. Root makes parents its own and lets others pass; a user keeps
/// them private. The nearest parent must not let strangers replace `root`.
pub(super) fn create_parents(root: &Path, owner: Owner) -> Result<(), Error> {
    let Some(parent) = root.parent() else {
        return Err(Error::NotAFolder(root.to_owned()));
    };
    let mode = if Owner::own().uid == owner.uid {
        0o700
    } else {
        0o755
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(parent)
        .map_err(Error::io("create", parent))?;
    let found = fs::metadata(parent).map_err(Error::io("examine", parent))?;
    if found.uid() != owner.uid && found.uid() != 0 {
        return Err(Error::Owner {
            path: parent.to_owned(),
            expected: owner.uid,
            found: found.uid(),
        });
    }
    let sticky = found.mode() & 0o1000 != 0;
    if found.mode() & 0o002 != 0 && !sticky {
        return Err(Error::Mode {
            path: parent.to_owned(),
            mode: found.mode() & 0o7777,
        });
    }
    Ok(())
}

/// Creates a folder of mode 0700, or checks that it is one of `owner`'s.
pub(super) fn create_private(folder: &Path, owner: Owner) -> Result<(), Error> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => give(folder, owner)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io("create", folder)(error)),
    }
    let found = fs::symlink_metadata(folder).map_err(Error::io("examine", folder))?;
    if !found.is_dir() {
        return Err(Error::NotAFolder(folder.to_owned()));
    }
    if found.uid() != owner.uid {
        return Err(Error::Owner {
            path: folder.to_owned(),
            expected: owner.uid,
            found: found.uid(),
        });
    }
    if found.mode() & 0o077 != 0 {
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(folder, private).map_err(Error::io("make private", folder))?;
    }
    Ok(())
}

/// Hands a path that we created as root to the user everything runs as.
pub(super) fn give(path: &Path, owner: Owner) -> Result<(), Error> {
    if owner == Owner::own() {
        return Ok(());
    }
    std::os::unix::fs::lchown(path, Some(owner.uid), Some(owner.gid))
        .map_err(Error::io("hand over", path))
}

pub(super) fn is_marked(root: &Path) -> bool {
    fs::symlink_metadata(root.join(MARKER)).is_ok_and(|found| found.is_file())
}

pub(super) fn mark(root: &Path, owner: Owner) -> Result<(), Error> {
    if is_marked(root) {
        return Ok(());
    }
    let mut entries = fs::read_dir(root).map_err(Error::io("list", root))?;
    if entries.next().is_some() {
        return Err(Error::NotOurs(root.to_owned()));
    }
    let marker = root.join(MARKER);
    fs::write(
        &marker,
        "This folder belongs to Standfast; `standfast down --purge` removes it.\n",
    )
    .map_err(Error::io("write", &marker))?;
    give(&marker, owner)
}
