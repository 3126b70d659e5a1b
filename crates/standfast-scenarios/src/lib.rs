//! Scenarios told as text, for the tests of machines: how they are read, played and written anew, and what the
//! store holds meanwhile.
//!
//! A scenario is a file: first a comment that tells its story, then blocks of steps, one a line, each followed by
//! `----` and the transcript of what came of them. The transcript is the assertion, as in the test data of etcd's
//! raft. Which steps there are, and what a transcript tells, is each machine's own.

mod shelf;
mod story;

pub use shelf::Shelf;
pub use story::{Stage, Story, differences, play};
