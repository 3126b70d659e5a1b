//! The workload against a real `PostgreSQL`, and the function as Lambda runs it.

#[cfg(test)]
mod failures;
#[cfg(test)]
mod function;
#[cfg(test)]
mod payments_once;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod workload;
