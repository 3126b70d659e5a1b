//! The tests of the agent: scenarios told as text.

#[cfg(test)]
mod scenarios;
