//! Where the files of one system lie on this machine.
//!
//! Two roots: the *state folder* survives a reboot; the *run folder* lies on a tmpfs and does not, which
//! is what P6 asks of the file without which no database starts. Only [`Environment::read`] looks at
//! the process' environment.

mod environment;
mod folder;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use standfast_units::{Node, Region, System};
use thiserror::Error;

pub use environment::{Environment, Privilege, is_tmpfs};
use folder::{create_parents, create_private, give, is_marked, mark};

/// Longest path of a Unix socket: `sun_path` has 108 bytes, the last of them zero (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Longest name of a socket within a folder of the run folder.
const SOCKET_NAME_BYTES_MAX: usize = 24;

/// Hexadecimal digits a name too long for a socket's path is replaced by: 64 bits.
const SHORT_NAME_BYTES: usize = 16;

/// Why a folder cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A root is not absolute.
    #[error("`{0}` is not an absolute path")]
    Relative(PathBuf),
    /// Sockets in the run folder would have paths the kernel cannot take.
    #[error(
        "`{}` is too long for a run folder: sockets within it would exceed {SOCKET_PATH_BYTES_MAX} bytes",
        .0.display()
    )]
    RunFolderTooLong(PathBuf),
    /// Neither `$XDG_STATE_HOME` nor `$HOME` is known.
    #[error("neither XDG_STATE_HOME nor HOME says where state may lie")]
    NoHome,
    /// The run folder would survive a reboot.
    #[error("`{0}` does not lie on a tmpfs")]
    NotTmpfs(PathBuf),
    /// A folder belongs to another user.
    #[error("`{path}` belongs to user {found}, not to user {expected}")]
    Owner {
        /// The folder.
        path: PathBuf,
        /// Whose it must be.
        expected: u32,
        /// Whose it is.
        found: u32,
    },
    /// Others may reach into a folder.
    #[error("`{path}` has mode {mode:04o}; others must not be able to write there")]
    Mode {
        /// The folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A folder is a symbolic link, a file or something else.
    #[error("`{0}` is not a folder")]
    NotAFolder(PathBuf),
    /// A folder holds files but not our mark.
    #[error("`{0}` holds files, but no mark that they are Standfast's")]
    NotOurs(PathBuf),
    /// The file system refused.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// Whose the folders are: the user everything runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

impl Owner {
    /// The user this process acts as.
    pub fn own() -> Self {
        Self {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
        }
    }
}

/// Where the files of one system lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    state: PathBuf,
    run: PathBuf,
}

impl Layout {
    /// The layout below two roots.
    ///
    /// # Errors
    /// When a root is not absolute, or the run folder's path is so long that sockets would not fit.
    pub fn new(state: PathBuf, run: PathBuf) -> Result<Self, Error> {
        for root in [&state, &run] {
            if !root.is_absolute() {
                return Err(Error::Relative(root.clone()));
            }
        }
        if run.as_os_str().len() > run_root_bytes_max() {
            return Err(Error::RunFolderTooLong(run));
        }
        Ok(Self { state, run })
    }

    /// The usual roots. State: `/var/lib/standfast/<system>` for root, else
    /// `$XDG_STATE_HOME/standfast/<system>` (`~/.local/state` when unset). Run: `/run/standfast/<system>`
    /// for root, else `$XDG_RUNTIME_DIR/standfast/<system>`; where that is no tmpfs,
    /// `/dev/shm/standfast-<uid>/<system>`. A name too long for sockets is shortened by its hash.
    ///
    /// # Errors
    /// When no home is known, or nothing is a tmpfs.
    pub fn usual(
        system: &System,
        owner: Owner,
        environment: &Environment,
        on_tmpfs: impl Fn(&Path) -> bool,
    ) -> Result<Self, Error> {
        let states = match environment.privilege {
            Privilege::Root => PathBuf::from("/var/lib"),
            Privilege::User => match (&environment.state_home, &environment.home) {
                (Some(state_home), _) => state_home.clone(),
                (None, Some(home)) => home.join(".local/state"),
                (None, None) => return Err(Error::NoHome),
            },
        };
        let preferred = match environment.privilege {
            Privilege::Root => Some(PathBuf::from("/run")),
            Privilege::User => environment.runtime_dir.clone(),
        };
        let runs = match preferred.filter(|root| on_tmpfs(root)) {
            Some(root) => root.join("standfast"),
            None if on_tmpfs(Path::new("/dev/shm")) => {
                PathBuf::from(format!("/dev/shm/standfast-{}", owner.uid))
            }
            None => return Err(Error::NotTmpfs(PathBuf::from("/dev/shm"))),
        };
        let room = run_root_bytes_max().saturating_sub(runs.as_os_str().len() + 1);
        let name = fitting(system.as_str(), room);
        Self::new(
            states.join("standfast").join(system.as_str()),
            runs.join(name),
        )
    }

    /// The folder that survives a reboot.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The folder that does not.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// What runs: [`crate::up::UpFile`].
    pub fn up_file(&self) -> PathBuf {
        self.state.join("up.json")
    }

    /// Held by the process that runs or cleans up the system: [`crate::up::Lock`].
    pub fn up_lock(&self) -> PathBuf {
        self.state.join("up.lock")
    }

    /// The blueprint the system was brought up from.
    pub fn blueprint(&self) -> PathBuf {
        self.state.join("blueprint.yaml")
    }

    /// The embedded store's files.
    pub fn store(&self) -> PathBuf {
        self.state.join("store")
    }

    /// Generated passwords, each in a file of mode 0600.
    pub fn secrets(&self) -> PathBuf {
        self.state.join("secrets")
    }

    /// The log of a process.
    pub fn log(&self, process: &str) -> PathBuf {
        self.state
            .join("logs")
            .join(format!("{}.log", flat(process)))
    }

    /// Which processes are not to be started again: [`crate::holds`].
    pub fn holds(&self) -> PathBuf {
        self.state.join("holds")
    }

    /// Everything of all nodes; database processes have their working directory below it.
    pub fn regions(&self) -> PathBuf {
        self.state.join("regions")
    }

    /// Everything of one node that survives a reboot.
    pub fn node(&self, region: &Region, node: &Node) -> NodeFolders {
        NodeFolders {
            root: self.regions().join(region.as_str()).join(node.as_str()),
        }
    }

    /// What a controller keeps.
    pub fn controller(&self, region: &Region) -> PathBuf {
        self.state.join("controllers").join(region.as_str())
    }

    /// A node's sockets and what must not survive a reboot (P6). Its name is replaced by a hash where
    /// socket paths would grow too long.
    pub fn run_node(&self, node: &Node) -> PathBuf {
        self.run.join(fitting(node.as_str(), self.run_name_room()))
    }

    /// The control socket of a region's relay.
    pub fn relay_socket(&self, region: &Region) -> PathBuf {
        let name = fitting(&format!("relay-{region}"), self.run_name_room());
        self.run.join(name).join("control.sock")
    }

    fn run_name_room(&self) -> usize {
        SOCKET_PATH_BYTES_MAX
            .saturating_sub(self.run.as_os_str().len() + 1 + 1 + SOCKET_NAME_BYTES_MAX)
    }

    /// Creates both roots and the common folders, or checks those that are there: owned by `owner`, of
    /// mode 0700 (tightened when wider), not symbolic links, empty or marked as ours; the run folder on
    /// a tmpfs.
    ///
    /// # Errors
    /// When a folder belongs to another user, is not ours, or cannot be created.
    pub fn prepare(&self, owner: Owner) -> Result<(), Error> {
        for root in [&self.state, &self.run] {
            create_parents(root, owner)?;
            create_private(root, owner)?;
            mark(root, owner)?;
        }
        if !is_tmpfs(&self.run) {
            return Err(Error::NotTmpfs(self.run.clone()));
        }
        for folder in [
            self.store(),
            self.secrets(),
            self.state.join("logs"),
            self.holds(),
            self.regions(),
            self.state.join("controllers"),
        ] {
            create_private(&folder, owner)?;
        }
        // Made now, so that it belongs to the owner even when root is the first to lock it.
        let lock = self.up_lock();
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&lock)
            .map_err(Error::io("create", &lock))?;
        give(&lock, owner)
    }

    /// Removes both roots. The caller must hold the lock and know that nothing runs.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        for root in [&self.run, &self.state] {
            match fs::symlink_metadata(root) {
                Ok(found) if !found.is_dir() => return Err(Error::NotAFolder(root.clone())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("examine", root)(error)),
            }
            if !is_marked(root) {
                return Err(Error::NotOurs(root.clone()));
            }
        }
        for root in [&self.run, &self.state] {
            // Does not follow symbolic links: they are removed, not what they point at.
            match fs::remove_dir_all(root) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("remove", root)(error)),
            }
        }
        Ok(())
    }
}

/// The folders and files of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFolders {
    root: PathBuf,
}

impl NodeFolders {
    /// The folder that holds the others.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database's data.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The database's configuration, outside of the data (P6).
    pub fn config(&self) -> PathBuf {
        self.root.join("config")
    }

    /// Log that a former primary had and its successor had not (P14).
    pub fn lost(&self) -> PathBuf {
        self.root.join("lost")
    }

    /// What the database prints.
    pub fn database_log(&self) -> PathBuf {
        self.root.join("database.log")
    }
}

/// A process' name as the name of a file: `agent/main-1` becomes `agent-main-1`.
pub(crate) fn flat(process: &str) -> String {
    process.replace('/', "-")
}

/// Longest run folder below which a shortened name and a socket still fit.
const fn run_root_bytes_max() -> usize {
    SOCKET_PATH_BYTES_MAX - 1 - SHORT_NAME_BYTES - 1 - SOCKET_NAME_BYTES_MAX
}

/// The name, or its hash when it has more than `room` bytes.
fn fitting(name: &str, room: usize) -> String {
    if name.len() <= room {
        return name.to_owned();
    }
    let hash = Sha256::digest(name.as_bytes());
    let mut short = String::new();
    for byte in hash.iter().take(SHORT_NAME_BYTES / 2) {
        let _ = write!(short, "{byte:02x}");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner = Owner { uid: 7, gid: 7 };

    fn usual(environment: &Environment, tmpfs: &[&str]) -> Result<(PathBuf, PathBuf), Error> {
        let system = System::new("shop-dev").unwrap();
        Layout::usual(&system, OWNER, environment, |path| {
            tmpfs.iter().any(|root| path.starts_with(root))
        })
        .map(|layout| (layout.state, layout.run))
    }

    #[test]
    fn the_usual_roots_follow_the_environment() {
        let user = Environment {
            home: Some("/home/ann".into()),
            runtime_dir: Some("/run/user/7".into()),
            ..Environment::default()
        };
        let root = Environment {
            privilege: Privilege::Root,
            ..Environment::default()
        };
        let elsewhere = Environment {
            state_home: Some("/data/state".into()),
            ..user.clone()
        };
        let check = |environment: &Environment, tmpfs: &[&str], state: &str, run: &str| {
            assert_eq!(
                usual(environment, tmpfs).unwrap(),
                (PathBuf::from(state), PathBuf::from(run))
            );
        };
        let home = "/home/ann/.local/state/standfast/shop-dev";
        check(
            &user,
            &["/run", "/dev/shm"],
            home,
            "/run/user/7/standfast/shop-dev",
        );
        check(&user, &["/dev/shm"], home, "/dev/shm/standfast-7/shop-dev");
        check(
            &elsewhere,
            &["/dev/shm"],
            "/data/state/standfast/shop-dev",
            "/dev/shm/standfast-7/shop-dev",
        );
        let var = "/var/lib/standfast/shop-dev";
        check(&root, &["/run"], var, "/run/standfast/shop-dev");
        check(&root, &["/dev/shm"], var, "/dev/shm/standfast-7/shop-dev");
        assert!(matches!(usual(&root, &[]), Err(Error::NotTmpfs(_))));
        assert!(matches!(
            usual(&Environment::default(), &["/dev/shm"]),
            Err(Error::NoHome)
        ));
    }

    #[test]
    fn sockets_fit_however_long_the_names_are() {
        let system = System::new(&"s".repeat(81)).unwrap();
        let node = Node::new(&"n".repeat(60)).unwrap();
        let region = Region::new(&"r".repeat(40)).unwrap();
        let environment = Environment {
            home: Some("/home/ann".into()),
            runtime_dir: Some("/run/user/1000".into()),
            ..Environment::default()
        };
        let layout = Layout::usual(&system, OWNER, &environment, |_| true).unwrap();
        let longest = layout
            .run_node(&node)
            .join("s".repeat(SOCKET_NAME_BYTES_MAX));
        assert!(longest.as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
        assert!(layout.relay_socket(&region).as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
        let other = Node::new(&"m".repeat(60)).unwrap();
        assert_ne!(layout.run_node(&node), layout.run_node(&other));

        let long = PathBuf::from(format!("/{}", "r".repeat(90)));
        assert!(matches!(
            Layout::new("/state".into(), long),
            Err(Error::RunFolderTooLong(_))
        ));
        assert!(matches!(
            Layout::new("state".into(), "/run".into()),
            Err(Error::Relative(_))
        ));
    }
}
