//! Stories: read from their files, played on a stage, compared with what was told.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// What a scenario is played on: a machine, and all around it that the steps are about.
pub trait Stage {
    /// Takes one step.
    ///
    /// # Panics
    /// When there is no such step, or it cannot be taken now.
    fn perform(&mut self, line: &str);

    /// What has come of the steps since it was last asked.
    fn transcript(&mut self) -> String;
}

/// A scenario as its file tells it.
#[derive(Debug)]
pub struct Story {
    /// Its file.
    pub file: PathBuf,
    /// All of it.
    pub text: String,
}

impl Story {
    /// All of a folder, by name.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, when there is none, or when one does not tell its story.
    pub fn all(folder: &Path) -> io::Result<Vec<Self>> {
        let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
        let mut files = files.collect::<io::Result<Vec<_>>>()?;
        files.sort();
        let stories = files.into_iter().map(|file| {
            let text = fs::read_to_string(&file)?;
            if text.starts_with("# ") {
                Ok(Self { file, text })
            } else {
                let complaint = format!("{} does not tell its story", file.display());
                Err(io::Error::other(complaint))
            }
        });
        let stories = stories.collect::<io::Result<Vec<_>>>()?;
        if stories.is_empty() {
            let complaint = format!("there are no scenarios in {}", folder.display());
            return Err(io::Error::other(complaint));
        }
        Ok(stories)
    }
}

/// Plays a scenario; returns it with the transcript of this run.
pub fn play(stage: &mut impl Stage, text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "----" {
            out.push_str("----\n");
            out.push_str(&stage.transcript());
            // What was expected so far ends with the next empty line.
            while lines.next_if(|line| !line.is_empty()).is_some() {}
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if !line.is_empty() && !line.starts_with('#') {
            stage.perform(line);
        }
    }
    out
}

/// Plays all scenarios of a folder; returns the first difference of each that goes otherwise than it is told.
/// Where `STANDFAST_UPDATE` is set they are written anew instead.
///
/// # Errors
/// As of [`Story::all`], and when a file cannot be written.
pub fn differences(folder: &Path, play: impl Fn(&str) -> String) -> io::Result<Vec<String>> {
    let update = std::env::var_os("STANDFAST_UPDATE").is_some();
    let mut different = Vec::new();
    for Story { file, text } in Story::all(folder)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        tell(&name);
        let played = play(&text);
        if played == text {
            continue;
        }
        if update {
            fs::write(&file, played)?;
        } else {
            different.push(format!("{name}\n{}", first_difference(&text, &played)));
        }
    }
    Ok(different)
}

/// Shown only when a step panics: a test's output is.
#[expect(clippy::print_stdout, reason = "the output of a test")]
fn tell(name: &str) {
    println!("playing {name}");
}

fn first_difference(told: &str, played: &str) -> String {
    told.lines()
        .zip(played.lines())
        .enumerate()
        .find(|(_, (told, played))| told != played)
        .map_or_else(
            || "  one is longer than the other".to_owned(),
            |(at, (told, played))| format!("  line {}:\n  - {told}\n  + {played}", at + 1),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what it was told.
    #[derive(Default)]
    struct Echo(Vec<String>);

    impl Stage for Echo {
        fn perform(&mut self, line: &str) {
            self.0.push(format!("said {line}\n"));
        }

        fn transcript(&mut self) -> String {
            let said = std::mem::take(&mut self.0);
            said.join("")
        }
    }

    #[test]
    fn a_transcript_takes_the_place_of_the_one_before() {
        let told = "# A story.\na\nb\n----\nold\nolder\n\nc\n----\nsaid c\n";
        let played = play(&mut Echo::default(), told);
        assert_eq!(
            played,
            "# A story.\na\nb\n----\nsaid a\nsaid b\n\nc\n----\nsaid c\n"
        );
        assert_eq!(
            first_difference(told, &played),
            "  line 5:\n  - old\n  + said a"
        );
        assert_eq!(play(&mut Echo::default(), &played), played);
    }
}
