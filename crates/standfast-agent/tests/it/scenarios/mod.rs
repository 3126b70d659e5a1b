//! Scenarios told as text: `tests/scenarios/*.txt`. Each begins with a comment that tells its story;
//! then come blocks of steps, each with the transcript of what the agent asked for below `----`, and how it
//! stands. The transcript is the assertion.
//!
//! `STANDFAST_UPDATE=1 cargo test -p standfast-agent --test it scenarios` writes them anew.
//!
//! The steps are one per line (see `vocabulary.rs` for all of them):
//!
//! ```text
//! given standby west-1            an agent beside a standby of east-1, which serves under epoch 3
//! lease east-1 epoch 3 renewed    the store holds this record from now on
//! seen                            the mirror shows what the store holds
//! guard fenced ended              the guard tells that nothing remains
//! answer engine: promote          the oldest open effect of that name is carried out
//! wait 5s                         lets time pass, stepping whenever the agent wants to be stepped
//! ```

mod print;
mod records;
mod stage;
mod vocabulary;
mod warnings;

use std::path::Path;

use standfast_scenarios::{differences, play};

use stage::Stage;

#[test]
fn every_scenario_goes_as_it_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let different = differences(&folder, |text| play(&mut Stage::new(), text)).unwrap();
    assert!(
        different.is_empty(),
        "scenarios go otherwise; STANDFAST_UPDATE=1 writes them anew:\n{}",
        different.join("\n")
    );
}
