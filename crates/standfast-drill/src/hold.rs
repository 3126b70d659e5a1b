//! Holding a region down: while the file `holds/<region>` exists in the system's folder, the supervisor
//! restarts nothing there.
//!
//! The file appears whole or not at all, and only one drill can place it. It goes with the [`Hold`],
//! on every way out.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use standfast_units::Region;

use crate::error::Error;

/// A region held down. Dropping it lets the supervisor restart what is missing.
#[derive(Debug)]
pub(crate) struct Hold {
    file: PathBuf,
}

impl Hold {
    /// Holds `region` down and says why.
    pub(crate) fn place(folder: &Path, region: &Region, why: &str) -> Result<Self, Error> {
        let holds = folder.join("holds");
        let file = holds.join(region.as_str());
        let draft = holds.join(format!(".{region}.{}", std::process::id()));
        fs::create_dir_all(&holds).map_err(cannot("create", &holds))?;
        let written = fs::File::create(&draft)
            .and_then(|mut draft| writeln!(draft, "{why}"))
            .map_err(cannot("write", &draft));
        // A link fails where a rename would replace the hold of another drill.
        let linked = written.and_then(|()| {
            fs::hard_link(&draft, &file).map_err(|source| {
                if source.kind() == io::ErrorKind::AlreadyExists {
                    Error::Held {
                        region: region.clone(),
                        file: file.clone(),
                    }
                } else {
                    cannot("create", &file)(source)
                }
            })
        });
        let _ = fs::remove_file(&draft);
        linked.map(|()| Self { file })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.file)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(file = %self.file.display(), %error, "region stays held down");
        }
    }
}

fn cannot<'a>(what: &'static str, file: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::File {
        what,
        file: file.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_says_why_excludes_others_and_goes_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let region = Region::new("east").unwrap();
        let file = folder.path().join("holds/east");
        let hold = Hold::place(folder.path(), &region, "a drill").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a drill\n");
        let second = Hold::place(folder.path(), &region, "another");
        assert!(matches!(second, Err(Error::Held { .. })));
        assert_eq!(fs::read_to_string(&file).unwrap(), "a drill\n");
        drop(hold);
        assert_eq!(
            fs::read_dir(folder.path().join("holds")).unwrap().count(),
            0
        );
    }
}
