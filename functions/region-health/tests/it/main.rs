//! The function as Lambda runs it and regions as servers on the loopback network.

#[cfg(test)]
mod asking;
