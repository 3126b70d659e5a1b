//! The tests of the decision core: scenarios told as text, and generated documents.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod scenarios;
