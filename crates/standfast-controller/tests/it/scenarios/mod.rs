//! Scenarios told as text: `tests/scenarios/*.txt`. Each begins with a comment that tells its story;
//! then come blocks of steps, each with the transcript of what the controller asked for below `----`.
//! The transcript is the assertion.
//!
//! `STANDFAST_UPDATE=1 cargo test -p standfast-controller --test it scenarios` writes them anew.
//!
//! The steps are one per line (see `steps.rs` for all of them):
//!
//! ```text
//! given controller west      a controller that has seen east-1 serve and the writer name mean it
//! lease west-1 epoch 4       the store holds this record from now on
//! seen                       the mirror shows what the store holds
//! answer verify              the oldest open effect of that name is carried out
//! wait 5s                    lets time pass, stepping whenever the controller wants to be stepped
//! ```

mod print;
mod stage;
mod steps;
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
