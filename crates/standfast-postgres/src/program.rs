//! `PostgreSQL`'s programs: where they are, which version, and running them within a bound.
//!
//! A program that outlives its bound, or whose caller gives up, is killed. One whose caller is killed
//! itself may run on: everything that writes therefore works in a folder of its own or under the
//! `incomplete` mark.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use standfast_replication::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::defaults::{OUTPUT_BYTES_MAX, VERSION_MIN};

/// Where distributions install one folder per major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// What the adapter calls.
const NEEDED: [&str; 6] = [
    "postgres",
    "initdb",
    "pg_basebackup",
    "pg_controldata",
    "pg_rewind",
    "pg_waldump",
];

/// The programs of one version.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    bin: PathBuf,
}

impl Programs {
    /// Finds the programs: in `bin` when given, else in the newest version below
    /// `/usr/lib/postgresql`, else along `PATH`.
    pub(crate) fn find(bin: Option<&Path>) -> Result<Self, Error> {
        let bin = match bin {
            Some(bin) => bin.to_owned(),
            None => newest_below(Path::new(VERSIONS))
                .or_else(along_path)
                .ok_or_else(|| Error::Unsuitable {
                    what: format!("no PostgreSQL server was found below {VERSIONS} or along PATH"),
                    hint: "install PostgreSQL (Debian: `apt-get install postgresql`), or name the \
                           folder of its programs as `local: { bin: … }`"
                        .to_owned(),
                })?,
        };
        let programs = Self { bin };
        for name in NEEDED {
            if !programs.path(name).is_file() {
                return Err(Error::Unsuitable {
                    what: format!("`{name}` is not in {}", programs.bin.display()),
                    hint: "install PostgreSQL's server and client programs of one version together"
                        .to_owned(),
                });
            }
        }
        Ok(programs)
    }

    /// The path of one program.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// Refuses a version that the adapter does not know.
    pub(crate) fn check_version(&self) -> Result<(), Error> {
        let postgres = self.path("postgres");
        let output = std::process::Command::new(&postgres)
            .arg("--version")
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::File {
                what: "run",
                path: postgres.clone(),
                source,
            })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let unsuitable = |what: String| Error::Unsuitable {
            what,
            hint: format!("install PostgreSQL {VERSION_MIN} or newer"),
        };
        match major_version(&text) {
            Some(major) if major >= VERSION_MIN => Ok(()),
            Some(major) => Err(unsuitable(format!(
                "PostgreSQL {major} in {} is older than {VERSION_MIN}",
                self.bin.display()
            ))),
            None => Err(unsuitable(format!(
                "`{} --version` does not answer with a version of PostgreSQL but `{}`",
                postgres.display(),
                text.trim()
            ))),
        }
    }

    /// A command with an environment of our own: nothing of `PG*` leaks in, messages are in English
    /// because we read some of them, and times are in UTC.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.path(name));
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .current_dir("/")
            .kill_on_drop(true);
        command
    }
}

/// The major version in the output of `postgres --version`: `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major_version(text: &str) -> Option<u32> {
    let version = text.strip_prefix("postgres (PostgreSQL) ")?;
    let digits = version.bytes().take_while(u8::is_ascii_digit).count();
    version[..digits].parse().ok()
}

fn newest_below(versions: &Path) -> Option<PathBuf> {
    fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let major: u32 = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("postgres").is_file().then_some((major, bin))
        })
        .max()
        .map(|(_, bin)| bin)
}

fn along_path() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find(|folder| folder.join("postgres").is_file())
}

/// Runs a program to its end and returns what it printed on standard output.
pub(crate) async fn run(
    name: &'static str,
    command: Command,
    within: Duration,
) -> Result<String, Error> {
    let finished = run_for_status(name, command, within).await?;
    if finished.status.success() {
        Ok(finished.output)
    } else {
        Err(finished.into_error(name))
    }
}

/// How a program ended.
pub(crate) struct Finished {
    /// Its exit status.
    pub(crate) status: std::process::ExitStatus,
    /// What it printed on standard output.
    pub(crate) output: String,
    /// What it printed on standard error.
    pub(crate) talk: String,
}

impl Finished {
    /// The failure, with the end of what the program said.
    pub(crate) fn into_error(self, name: &str) -> Error {
        Error::Program {
            program: name.to_owned(),
            status: self.status.to_string(),
            output: tail(if self.talk.trim().is_empty() {
                &self.output
            } else {
                &self.talk
            }),
        }
    }
}

/// Runs a program to its end, whatever its status.
pub(crate) async fn run_for_status(
    name: &'static str,
    command: Command,
    within: Duration,
) -> Result<Finished, Error> {
    let mut output = String::new();
    let (status, talk) = stream_lines(name, command, within, |line| {
        output.push_str(line);
        output.push('\n');
    })
    .await?;
    Ok(Finished {
        status,
        output,
        talk,
    })
}

/// Runs a program, hands each line it prints to `take`, and returns its status and what it said on
/// standard error.
pub(crate) async fn stream_lines(
    name: &'static str,
    mut command: Command,
    within: Duration,
    mut take: impl FnMut(&str),
) -> Result<(std::process::ExitStatus, String), Error> {
    let program = PathBuf::from(command.as_std().get_program());
    let failed = |source| Error::File {
        what: "run",
        path: program.clone(),
        source,
    };
    let mut child = command.spawn().map_err(failed)?;
    let output = child.stdout.take();
    let talk = child.stderr.take();
    let read_output = async {
        if let Some(output) = output {
            let mut lines = BufReader::new(output).split(b'\n');
            while let Some(line) = lines.next_segment().await? {
                take(&String::from_utf8_lossy(&line));
            }
        }
        Ok::<(), std::io::Error>(())
    };
    let read_talk = async {
        let mut bytes = Vec::new();
        if let Some(mut talk) = talk {
            talk.read_to_end(&mut bytes).await?;
        }
        Ok::<Vec<u8>, std::io::Error>(bytes)
    };
    let whole = async {
        let ((), talk) = tokio::try_join!(read_output, read_talk)?;
        let status = child.wait().await?;
        Ok::<_, std::io::Error>((status, talk))
    };
    match tokio::time::timeout(within, whole).await {
        Ok(Ok((status, talk))) => Ok((status, String::from_utf8_lossy(&talk).into_owned())),
        Ok(Err(error)) => Err(failed(error)),
        // Dropping the child on the way out kills it.
        Err(_) => Err(Error::Late { what: name, within }),
    }
}

/// The end of a text, at most [`OUTPUT_BYTES_MAX`] bytes, cut at a character.
fn tail(text: &str) -> String {
    let text = text.trim();
    let from = text.ceil_char_boundary(text.len().saturating_sub(OUTPUT_BYTES_MAX));
    text[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_known_form() {
        let check = |text: &str, expected: Option<u32>| assert_eq!(major_version(text), expected);
        check(
            "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
            Some(15),
        );
        check("postgres (PostgreSQL) 18beta1\n", Some(18));
        check("postgres (PostgreSQL) 9.6.24\n", Some(9));
        check("mysqld  Ver 8.0", None);
        check("", None);
    }

    #[test]
    fn the_tail_of_a_text_is_cut_at_a_character() {
        let text = "ä".repeat(OUTPUT_BYTES_MAX);
        let cut = tail(&text);
        assert!(cut.len() <= OUTPUT_BYTES_MAX && cut.chars().all(|c| c == 'ä'));
        assert_eq!(tail(" short \n"), "short");
    }

    #[test]
    fn missing_programs_are_named_with_a_hint() {
        let empty = tempfile::tempdir().unwrap();
        let error = Programs::find(Some(empty.path())).unwrap_err();
        let Error::Unsuitable { what, hint } = error else {
            unreachable!("{error:?}");
        };
        assert!(what.contains("`postgres` is not in"), "{what}");
        assert!(hint.contains("install PostgreSQL"), "{hint}");
    }
}
