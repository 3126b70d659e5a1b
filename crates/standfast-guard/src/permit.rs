//! The permit (P6): a file that exists only while the guard runs, however the guard ends.
//!
//! The server's configuration includes `permit.conf`, and a missing include refuses the start. The file is a
//! symbolic link to an anonymous file held open by the guard (`/proc/<guard>/fd/<n>`): the kernel itself
//! takes it away at the guard's death, and a reboot takes the link as well.
//!
//! It hinders a start by hand or by the distribution's unit, not an adversary: the
//! database's own user can write a permit of his own.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::Error;

const CONTENT: &[u8] = b"# standfast permit\n\
    # This file exists while the guard of this node runs. Start the server through Standfast, not by hand.\n";

/// Lowest descriptor the permit is held under. Should the guard's process id ever be given to another
/// process while a stale link remains, that one hardly has this many files open. Below the usual limit of 1024.
const DESCRIPTOR_MIN: i32 = 711;

/// The permit; gone when dropped.
pub(crate) struct Permit {
    link: PathBuf,
    _file: OwnedFd,
}

impl Permit {
    /// Issues the permit. The caller holds the lock of the run folder.
    pub(crate) fn issue(link: PathBuf) -> Result<Self, Error> {
        // A process started by root, or with file capabilities, hides its descriptors from its own user.
        set_dumpable_behavior(DumpableBehavior::Dumpable)
            .map_err(Error::system("open the guard's /proc entry to its user"))?;
        let file = Self::file().map_err(Error::file("make the permit", &link))?;
        let target = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        replace_link(Path::new(&target), &link).map_err(Error::file("make the permit", &link))?;
        Ok(Self { link, _file: file })
    }

    fn file() -> std::io::Result<OwnedFd> {
        let memory = memfd_create(
            "standfast-permit",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
        )?;
        let mut file = File::from(memory);
        file.write_all(CONTENT)?;
        fcntl_add_seals(
            &file,
            SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
        )?;
        // A lower limit of open files than usual is no reason not to start.
        Ok(
            fcntl_dupfd_cloexec(&file, DESCRIPTOR_MIN)
                .or_else(|_| fcntl_dupfd_cloexec(&file, 0))?,
        )
    }
}

/// Replaces a link of a former guard in one step.
fn replace_link(target: &Path, link: &Path) -> std::io::Result<()> {
    let fresh = link.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    symlink(target, &fresh)?;
    fs::rename(&fresh, link)
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Without the descriptor the link leads nowhere, so a failure changes nothing.
        let _ = fs::remove_file(&self.link);
    }
}
