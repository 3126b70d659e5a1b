//! The processes that the tests need are this very test binary, run again with a role in its environment.
//! Without one these "tests" do nothing.

use std::path::PathBuf;

use standfast_guard::{QUIT_TO_KILL, Settings, run, trampoline};

pub(crate) const GUARD_FOLDER: &str = "STANDFAST_TEST_GUARD_FOLDER";
pub(crate) const TRAMPOLINE_GUARD: &str = "STANDFAST_TEST_TRAMPOLINE_GUARD";
pub(crate) const TRAMPOLINE_COMMAND: &str = "STANDFAST_TEST_TRAMPOLINE_COMMAND";

/// Takes what the guard appends (`--guard-pid N -- program arguments…`) and becomes the role below, with a
/// record separator after each word. By way of `/proc`, because the test binary may lie where the user
/// `nobody` cannot go.
const TRAMPOLINE: &str = r#"
guard=$2; shift 3
export STANDFAST_TEST_TRAMPOLINE_GUARD="$guard"
export STANDFAST_TEST_TRAMPOLINE_COMMAND="$(printf '%s\036' "$@")"
exec "/proc/$guard/exe" roles::trampoline_process --exact --nocapture
"#;

#[test]
fn guard_process() {
    let Some(folder) = std::env::var_os(GUARD_FOLDER).map(PathBuf::from) else {
        return;
    };
    let exit = run(&Settings {
        node: "main-test-1".to_owned(),
        data_folder: folder.join("data"),
        run_folder: folder.join("run"),
        log: folder.join("database.log"),
        trampoline: ["/bin/sh", "-c", TRAMPOLINE, "trampoline"]
            .map(str::to_owned)
            .into(),
        quit_to_kill: QUIT_TO_KILL,
    });
    match exit {
        Ok(exit) => println!("ended: {exit:?}"),
        Err(error) => println!("failed: {error}"),
    }
}

#[test]
fn trampoline_process() {
    let (Ok(guard), Ok(command)) = (
        std::env::var(TRAMPOLINE_GUARD),
        std::env::var(TRAMPOLINE_COMMAND),
    ) else {
        return;
    };
    let mut words = command.split_terminator('\u{1e}').map(str::to_owned);
    let program = words.next().unwrap();
    let arguments: Vec<String> = words.collect();
    panic!(
        "{}",
        trampoline(guard.parse().unwrap(), None, &program, &arguments)
    );
}
