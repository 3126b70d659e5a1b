//! The tests of the decision core: scenarios told as text, a simulation, and generated documents.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod simulation;
