//! Times of every day or week in which a cloud may work on what it manages.

use crate::grammar::text_type;
use crate::grammar::word::{Word, WordProblem};

text_type! {
    /// A time of every day, as in `03:00-04:00` (UTC).
    DailyWindow
}

fn is_time(text: &str) -> bool {
    let two = |part: &str, below: u8| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|number| number < below)
    };
    text.split_once(':')
        .is_some_and(|(hour, minute)| two(hour, 24) && two(minute, 60))
}

impl Word for DailyWindow {
    const NAME: &'static str = "dailyWindow";
    const WHAT: &'static str = "a time of every day, as in `03:00-04:00`";
    const PATTERN: &'static str = "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$";
    const EXAMPLES: &'static [&'static str] = &["03:00-04:00"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        if text
            .split_once('-')
            .is_some_and(|(from, to)| is_time(from) && is_time(to))
        {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not a time of every day; write it as in `03:00-04:00` (UTC)"
        )))
    }
}

text_type! {
    /// A time of every week, as in `sun:04:00-sun:05:00` (UTC).
    WeeklyWindow
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Word for WeeklyWindow {
    const NAME: &'static str = "weeklyWindow";
    const WHAT: &'static str = "a time of every week, as in `sun:04:00-sun:05:00`";
    const PATTERN: &'static str = concat!(
        "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]",
        "-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$"
    );
    const EXAMPLES: &'static [&'static str] = &["sun:04:00-sun:05:00"];

    fn parse(text: &str) -> Result<Self, WordProblem> {
        let moment = |text: &str| {
            text.split_once(':')
                .is_some_and(|(day, time)| DAYS.contains(&day) && is_time(time))
        };
        if text
            .split_once('-')
            .is_some_and(|(from, to)| moment(from) && moment(to))
        {
            return Ok(Self(text.to_owned()));
        }
        Err(WordProblem::malformed(format!(
            "`{text}` is not a time of every week; write it as in `sun:04:00-sun:05:00` (UTC)"
        )))
    }
}
