//! The mark of a system: what each of its processes carries in its environment, and so do their descendants.
//! That is how they are found when no file names them.

/// The environment variable every process of a system carries; its value is the state folder.
pub const MARK: &str = "STANDFAST_STATE";
