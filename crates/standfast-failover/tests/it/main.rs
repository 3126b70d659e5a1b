//! The tests of the decision core: scenarios told as text, a simulation, and generated documents.

mod simulation;
