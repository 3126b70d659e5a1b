//! What is synthesized, judged from outside the crate: by the provider's own schema, by what each module
//! refers to, by the rights it gives, by what its alarms watch.

#[cfg(test)]
mod determinism;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod measurements;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod references;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod safety;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod support;
