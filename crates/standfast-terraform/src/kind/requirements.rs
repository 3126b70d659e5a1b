//! Which Terraform and which provider modules are for.

use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;

/// The oldest Terraform: ephemeral values and write-only arguments came with 1.11 (of `OpenTofu`, too).
const TERRAFORM: &str = ">= 1.11.0";

/// The provider: valid under two major versions, checked with the first of these and a later one.
const PROVIDER: &str = ">= 5.100.0, < 7.0.0";

/// What a module says of itself.
pub(crate) fn of_module() -> Body {
    body! {
        "required_version": TERRAFORM,
        "required_providers": body! {
            "aws": body! { "source": "hashicorp/aws", "version": PROVIDER },
        },
    }
}

/// Declares what a module within a module says of itself.
pub(crate) fn declare(topic: &str, module: &mut ModuleFiles) {
    module.set(topic, "terraform", of_module());
}
