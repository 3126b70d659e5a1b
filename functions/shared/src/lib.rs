//! What the Lambda functions have in common: reading their settings, connecting to a database, and the few calls to
//! AWS that more than one of them makes.
//!
//! The parts that need AWS stand behind features, so that the library of the payments function can be used where there
//! is none. What this crate deliberately does not do: decide what is healthy, or what to do about it.

#[cfg(feature = "aws")]
pub mod aws;
pub mod chain;
pub mod clock;
pub mod credentials;
pub mod endpoint;
pub mod environment;
pub mod postgres;
pub mod tls;

/// An error of another library, as the cause of one of ours.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;
