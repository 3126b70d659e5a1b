//! The tests of the controller: scenarios told as text.

#[cfg(test)]
mod scenarios;
