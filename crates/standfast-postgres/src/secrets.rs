//! Passwords, in files that only their owner reads. A password never stands in a configuration file, an
//! argument, the environment or a log.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rand::RngExt;
use rand::distr::Alphanumeric;
use standfast_replication::Error;

use crate::files;

/// Length of a generated password: 32 alphanumeric characters hold 190 bits.
const PASSWORD_CHARACTERS: usize = 32;

/// The folder of the passwords: `app.password`, `standfast.password` and `replication.password`, the
/// same on every node of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    folder: PathBuf,
}

impl Secrets {
    /// Takes the folder as it is.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Creates the folder (mode 0700) and each password file (mode 0600) that is absent. What exists is
    /// kept.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn ensure(folder: &Path) -> Result<Self, Error> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(files::failed("create", folder))?;
        let secrets = Self::new(folder);
        for path in [
            secrets.app_file(),
            secrets.standfast_file(),
            secrets.replication_file(),
        ] {
            if path.try_exists().map_err(files::failed("read", &path))? {
                continue;
            }
            let password: String = rand::rng()
                .sample_iter(Alphanumeric)
                .take(PASSWORD_CHARACTERS)
                .map(char::from)
                .collect();
            files::write_durably(&path, format!("{password}\n").as_bytes(), files::PRIVATE)?;
        }
        Ok(secrets)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file with the password of the clients' role.
    pub fn app_file(&self) -> PathBuf {
        self.folder.join("app.password")
    }

    /// The file with the superuser's password.
    pub fn standfast_file(&self) -> PathBuf {
        self.folder.join("standfast.password")
    }

    /// The file with the replication role's password.
    pub fn replication_file(&self) -> PathBuf {
        self.folder.join("replication.password")
    }
}

/// Reads a password file. One line end at its end does not belong to the password.
///
/// # Errors
/// When it cannot be read, is empty, or others than its owner may read it.
pub(crate) fn read_password(path: &Path) -> Result<String, Error> {
    let mode = fs::metadata(path)
        .map_err(files::failed("read", path))?
        .permissions()
        .mode();
    let refuse = |what: &str| {
        Err(Error::File {
            what: "use",
            path: path.to_owned(),
            source: io::Error::new(io::ErrorKind::InvalidData, what.to_owned()),
        })
    };
    if mode & 0o077 != 0 {
        return refuse("a password file must not be accessible to others; its mode must be 0600");
    }
    let text = fs::read_to_string(path).map_err(files::failed("read", path))?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    if password.is_empty() || password.contains(['\n', '\r', '\0']) {
        return refuse("a password file holds one line that is not empty");
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_made_once_and_only_their_owner_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("secrets");
        let secrets = Secrets::ensure(&at).unwrap();
        let first = read_password(&secrets.app_file()).unwrap();
        assert_eq!(first.len(), PASSWORD_CHARACTERS);
        assert_ne!(first, read_password(&secrets.standfast_file()).unwrap());
        Secrets::ensure(&at).unwrap();
        assert_eq!(first, read_password(&secrets.app_file()).unwrap());

        fs::set_permissions(secrets.app_file(), fs::Permissions::from_mode(0o644)).unwrap();
        let refused = read_password(&secrets.app_file()).unwrap_err();
        assert!(matches!(refused, Error::File { .. }), "{refused:?}");
    }
}
