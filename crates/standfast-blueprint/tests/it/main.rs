//! The blueprint as its users meet it: files in, diagnostics out.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod model;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod render;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod schema;
