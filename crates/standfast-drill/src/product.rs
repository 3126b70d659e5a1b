//! Runs the product's own command: the drill's only source of what the system says of itself.

use std::ffi::{OsStr, OsString};
use std::process::Stdio;
use std::time::Duration;

use serde::de::DeserializeOwned;
use standfast_units::Region;
use tokio::process::Command;

use crate::clock;
use crate::defaults;
use crate::error::Error;
use crate::settings::DrillSettings;
use crate::status::{Outputs, PublishedStatus, VERSION};

/// How much of a failed command's complaint is kept.
const COMPLAINT_BYTES_MAX: usize = 2_000;

#[derive(Debug, Clone)]
pub(crate) struct Product {
    program: OsString,
    arguments: Vec<OsString>,
}

impl Product {
    pub(crate) fn new(settings: &DrillSettings) -> Self {
        Self {
            program: settings.program.clone().into_os_string(),
            arguments: settings.arguments.clone(),
        }
    }

    pub(crate) async fn status(&self) -> Result<PublishedStatus, Error> {
        let status: PublishedStatus = self.ask(&["status"], defaults::COMMAND_WITHIN).await?;
        self.check_version(&["status"], status.version)?;
        Ok(status)
    }

    pub(crate) async fn outputs(&self) -> Result<Outputs, Error> {
        let outputs: Outputs = self.ask(&["outputs"], defaults::COMMAND_WITHIN).await?;
        self.check_version(&["outputs"], outputs.version)?;
        Ok(outputs)
    }

    /// The journal, as it is: it goes into the report and is not interpreted.
    pub(crate) async fn events(&self) -> Result<serde_json::Value, Error> {
        self.ask(&["events"], defaults::COMMAND_WITHIN).await
    }

    /// Asks for the primary to move and waits until the command ends. What it prints is for people;
    /// whether it worked shows in its exit status and in the writes of the clients.
    pub(crate) async fn switchover(&self, to: &Region) -> Result<(), Error> {
        let words = ["switchover", "--to", to.as_str()];
        self.output(&words, defaults::SWITCHOVER_WITHIN).await?;
        Ok(())
    }

    async fn ask<T: DeserializeOwned>(&self, words: &[&str], within: Duration) -> Result<T, Error> {
        let output = self.output(words, within).await?;
        serde_json::from_slice(&output).map_err(|source| Error::Answer {
            command: self.describe(words),
            source,
        })
    }

    async fn output(&self, words: &[&str], within: Duration) -> Result<Vec<u8>, Error> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(words)
            .args(["--format", "json"])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = clock::bounded(within, command.output())
            .await
            .ok_or_else(|| Error::CommandLate {
                command: self.describe(words),
                within,
            })?
            .map_err(|source| Error::Run {
                command: self.describe(words),
                source,
            })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // Asked for JSON, the product says on standard output why it failed.
        let said = [output.stderr, output.stdout].concat();
        let complaint = String::from_utf8_lossy(&said);
        let from =
            complaint.floor_char_boundary(complaint.len().saturating_sub(COMPLAINT_BYTES_MAX));
        Err(Error::Command {
            command: self.describe(words),
            status: output.status.to_string(),
            output: complaint[from..].trim().to_owned(),
        })
    }

    fn check_version(&self, words: &[&str], version: u32) -> Result<(), Error> {
        if version == VERSION {
            Ok(())
        } else {
            Err(Error::Version {
                command: self.describe(words),
                version,
            })
        }
    }

    fn describe(&self, words: &[&str]) -> String {
        let mut line = self.program.to_string_lossy().into_owned();
        let rest = self.arguments.iter().map(OsString::as_os_str);
        for word in rest.chain(words.iter().map(OsStr::new)) {
            line.push(' ');
            line.push_str(&word.to_string_lossy());
        }
        line
    }
}
