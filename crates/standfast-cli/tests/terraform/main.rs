//! What `synth` writes, given to Terraform itself: validated with the real provider, applied to a local
//! emulator of AWS, planned again after a role swap, scanned by a policy scanner.
//!
//! None of these tools comes with Rust. `cargo xtask test` installs what can be installed and says what it
//! skipped; here a test without its tools says so and passes, unless `STANDFAST_REQUIRE_TERRAFORM` is set.

#[cfg(test)]
mod apply;
#[cfg(test)]
mod emulator;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod scan;
#[cfg(test)]
mod swap;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod validate;
