//! Who may use a folder, and what is never removed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use standfast_local::layout::{Error, Layout, Owner, is_tmpfs};
use standfast_local::stale::{DownError, purge};
use tempfile::TempDir;

use crate::support::Sandbox;

fn layout(folder: &TempDir) -> Layout {
    Layout::new(folder.path().join("state"), folder.path().join("run")).unwrap()
}

fn memory() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap()
}

#[test]
fn folders_are_private_and_made_so_again() {
    let sandbox = Sandbox::new();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let secrets = sandbox.layout.secrets();
    assert_eq!(mode(sandbox.layout.run()), 0o700);
    assert_eq!(mode(&secrets), 0o700);
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.layout.prepare(Owner::own()).unwrap();
    assert_eq!(mode(&secrets), 0o700);
}

#[test]
fn folders_belong_to_the_user_everything_runs_as() {
    let folder = memory();
    let layout = layout(&folder);
    let mut owner = Owner::own();
    if owner.uid == 0 {
        // What root prepares, an ordinary user uses.
        owner = Owner {
            uid: 65534,
            gid: 65534,
        };
    }
    layout.prepare(owner).unwrap();
    layout.prepare(owner).unwrap();
    for path in [
        layout.state(),
        layout.run(),
        &layout.secrets(),
        &layout.up_lock(),
    ] {
        let found = fs::metadata(path).unwrap();
        assert_eq!((found.uid(), found.gid()), (owner.uid, owner.gid));
    }
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let sandbox = Sandbox::new();
    let mut stranger = Owner::own();
    stranger.uid += 1;
    assert!(matches!(
        sandbox.layout.prepare(stranger),
        Err(Error::Owner { .. })
    ));
}

#[test]
fn a_symbolic_link_or_a_folder_with_files_of_others_is_refused() {
    let folder = memory();
    let layout = layout(&folder);
    let elsewhere = memory();
    symlink(elsewhere.path(), layout.state()).unwrap();
    assert!(matches!(
        layout.prepare(Owner::own()),
        Err(Error::NotAFolder(_))
    ));
    fs::remove_file(layout.state()).unwrap();
    fs::create_dir(layout.state()).unwrap();
    fs::write(layout.state().join("thesis.tex"), "").unwrap();
    assert!(matches!(
        layout.prepare(Owner::own()),
        Err(Error::NotOurs(_))
    ));
}

#[test]
fn purge_removes_only_what_is_marked_and_follows_no_link() {
    let folder = memory();
    let layout = layout(&folder);
    layout.prepare(Owner::own()).unwrap();
    let elsewhere = memory();
    let precious = elsewhere.path().join("thesis.tex");
    fs::write(&precious, "").unwrap();

    // A run folder that is not ours keeps even the state folder from being removed.
    fs::remove_file(layout.run().join(".standfast")).unwrap();
    assert!(matches!(
        purge(&layout),
        Err(DownError::Files(Error::NotOurs(_)))
    ));
    fs::remove_dir(layout.run()).unwrap();
    symlink(elsewhere.path(), layout.run()).unwrap();
    assert!(matches!(
        purge(&layout),
        Err(DownError::Files(Error::NotAFolder(_)))
    ));
    assert!(layout.state().exists());

    fs::remove_file(layout.run()).unwrap();
    symlink(elsewhere.path(), layout.regions().join("link")).unwrap();
    purge(&layout).unwrap();
    assert!(!layout.state().exists());
    assert!(precious.exists());
}

#[test]
fn a_tmpfs_is_told_from_what_is_not() {
    assert!(is_tmpfs(memory().path()));
    assert!(is_tmpfs(&memory().path().join("not/yet/there")));
    assert!(!is_tmpfs(std::path::Path::new("/proc")));
}
