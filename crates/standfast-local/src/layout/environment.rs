//! What the process' surroundings say about where files belong: the only look at its environment.

use std::path::{Path, PathBuf};

/// `f_type` of a tmpfs (`TMPFS_MAGIC` in `linux/magic.h`).
const TMPFS_MAGIC: i128 = 0x0102_1994;

/// What the environment says about where files belong (XDG Base Directory Specification 0.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Where state belongs that outlives a boot: `$XDG_STATE_HOME`.
    pub state_home: Option<PathBuf>,
    /// Where files of one boot belong: `$XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// The user's own folder: `$HOME`.
    pub home: Option<PathBuf>,
    /// Whether this process acts as root.
    pub privilege: Privilege,
}

/// Whether a process may write where the machine's own services do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Privilege {
    /// An ordinary user.
    #[default]
    User,
    /// Root: it may write there.
    Root,
}

impl Environment {
    /// Reads the process' environment. The specification has relative paths ignored.
    pub fn read() -> Self {
        let path = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        Self {
            state_home: path("XDG_STATE_HOME"),
            runtime_dir: path("XDG_RUNTIME_DIR"),
            home: path("HOME"),
            privilege: if rustix::process::geteuid().is_root() {
                Privilege::Root
            } else {
                Privilege::User
            },
        }
    }
}

/// Whether a path lies on a tmpfs; looks at the nearest folder that exists.
pub fn is_tmpfs(path: &Path) -> bool {
    path.ancestors()
        .find(|folder| folder.exists())
        .and_then(|folder| rustix::fs::statfs(folder).ok())
        .is_some_and(|found| i128::from(found.f_type) == TMPFS_MAGIC)
}
