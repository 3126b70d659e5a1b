//! The simulation judged: one seed is one trace, what it finds it finds again, and a schedule gets shorter.

#[cfg(test)]
mod seeds;
