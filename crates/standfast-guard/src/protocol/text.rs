//! The textual forms of the values in a line: what `Display` prints, `FromStr` reads.

use std::fmt;
use std::str::FromStr;

use super::{Ended, Phase, Reason};

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Fencing => "fencing",
        })
    }
}

impl FromStr for Phase {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "idle" => Ok(Self::Idle),
            "running" => Ok(Self::Running),
            "fencing" => Ok(Self::Fencing),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(status) => write!(f, "exit:{status}"),
            Self::Signal(signal) => write!(f, "signal:{signal}"),
        }
    }
}

impl FromStr for Ended {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, number) = text.split_once(':').ok_or(())?;
        let number = number.parse().map_err(|_| ())?;
        match kind {
            "exit" => Ok(Self::Exit(number)),
            "signal" => Ok(Self::Signal(number)),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadline => f.write_str("deadline"),
            Self::Asked(words) => write!(f, "asked:{words}"),
            Self::StopTimeout => f.write_str("stop-timeout"),
            Self::Ended => f.write_str("ended"),
            Self::Leftover => f.write_str("leftover"),
            Self::Terminated => f.write_str("terminated"),
        }
    }
}

impl FromStr for Reason {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "deadline" => Ok(Self::Deadline),
            "stop-timeout" => Ok(Self::StopTimeout),
            "ended" => Ok(Self::Ended),
            "leftover" => Ok(Self::Leftover),
            "terminated" => Ok(Self::Terminated),
            _ => match text.strip_prefix("asked:") {
                Some(words) => Ok(Self::Asked(words.to_owned())),
                None => Err(()),
            },
        }
    }
}
