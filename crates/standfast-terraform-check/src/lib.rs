//! Checks Terraform JSON against the schema of the AWS provider, for the tests of what writes it.
//!
//! `terraform validate` is the better judge, and needs the provider: 700 MB from a registry, and seconds
//! for each document. This crate judges in milliseconds and offline, so every test may ask.
//!
//! ```
//! use standfast_terraform_check::{Module, Schema, check};
//!
//! let text = r#"{
//!     "provider": {"aws": {"region": "eu-central-1"}},
//!     "resource": {"aws_vpc": {"main": {"cidr_blok": "10.0.0.0/16"}}}
//! }"#;
//! let module = Module::from_files([("main.tf.json", text)])?;
//! let faults = check(&module, Schema::aws_5());
//! assert_eq!(
//!     faults[0].to_string(),
//!     "main.tf.json: aws_vpc.main: unknown argument or block `cidr_blok` (did you mean `cidr_block`?)",
//! );
//! # Ok::<(), standfast_terraform_check::Error>(())
//! ```
//!
//! What only `terraform validate` and `plan` know: ranges and patterns of values, arguments that exclude
//! each other, the types of what functions and `for` expressions give, whether `count` and `for_each` are
//! known before apply, and override files.

mod declared;
mod error;
pub mod expression;
mod fault;
mod graph;
mod inspection;
mod inventory;
mod json;
mod module;
mod schema;
mod types;

pub use error::Error;
pub use fault::Fault;
pub use inspection::{check, check_allowing};
pub use inventory::{ModuleReference, Resource, references, resources};
pub use module::Module;
pub use schema::{Attribute, Block, Flag, Kind, NestedBlock, Nesting, Schema};
pub use types::{ObjectMember, Presence, Type};
