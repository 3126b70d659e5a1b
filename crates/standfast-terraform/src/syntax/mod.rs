//! Terraform's JSON syntax: values, modules, addresses and policy documents. It knows the provider's words
//! and nothing of what they are for: no blueprint, no region, no name of a system.

pub(crate) mod address;
pub(crate) mod json;
pub(crate) mod module;
pub(crate) mod policy;
pub(crate) mod provider;
