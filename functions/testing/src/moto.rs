//! AWS, as far as `moto` plays it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use nix::sys::signal::Signal;
use standfast_functions::aws;
use tempfile::TempDir;

use crate::server::{Server, folder, listens};
use crate::waiting::{free_port, wait_until};

/// Where all tests are.
pub const REGION: &str = "eu-west-1";

/// A running `moto`, with nothing in it.
pub struct Moto {
    _server: Server,
    _folder: TempDir,
    port: u16,
}

impl Moto {
    /// Starts it, or says loudly that this test is skipped.
    pub async fn start() -> Option<Self> {
        let Some(program) = program() else {
            let required = std::env::var_os("STANDFAST_REQUIRE_MOTO").is_some();
            assert!(!required, "moto_server is not here");
            eprintln!("skipped: moto_server is not here; STANDFAST_MOTO may name it");
            return None;
        };
        let folder = folder();
        let port = free_port();
        let mut command = Command::new(program);
        command
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .current_dir(folder.path())
            .env("HOME", folder.path());
        let log = folder.path().join("log");
        let server = Server::start(&mut command, &log, Signal::SIGKILL);
        wait_until("moto listens", async || listens(port).await).await;
        Some(Self {
            _server: server,
            _folder: folder,
            port,
        })
    }

    /// What a function is told so that it calls this one.
    pub fn variables(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ])
    }

    /// The same, for the test's own calls.
    pub async fn config(&self) -> SdkConfig {
        let credentials = Credentials::from_keys("test", "test", None);
        aws::configuration_with(|loader| {
            // Its first answers take a while.
            let patient = aws_config::timeout::TimeoutConfig::disabled();
            loader
                .endpoint_url(self.url())
                .region(Region::new(REGION))
                .credentials_provider(credentials)
                .timeout_config(patient)
        })
        .await
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("STANDFAST_MOTO") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("moto_server"))
        .find(|program| program.is_file())
}
