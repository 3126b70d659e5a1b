//! Programs that refuse to be root are run as the user `nobody`.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};

/// Has the command run as the user `nobody`, where we may do more: databases refuse to be root.
pub fn unprivileged(command: &mut Command) -> &mut Command {
    if geteuid().is_root() {
        let nobody = User::from_name("nobody").unwrap().unwrap();
        command.uid(nobody.uid.as_raw()).gid(nobody.gid.as_raw());
    }
    command
}

/// Runs to the end, which must be a good one.
pub fn run_with(command: &mut Command, input: impl Into<Stdio>) {
    let output = unprivileged(command).stdin(input).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
}
