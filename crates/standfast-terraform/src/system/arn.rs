//! Names of Amazon resources: by an ARN a module names what another module makes, before it exists.

/// The account that a module is applied to.
pub(crate) const ACCOUNT: &str = "${local.account}";

/// The partition of AWS that the account belongs to.
pub(crate) const PARTITION: &str = "${local.partition}";

/// Something in a region of this account. The region is empty for what belongs to the account as a whole.
pub(crate) fn in_account(service: &str, region: &str, resource: &str) -> String {
    format!("arn:{PARTITION}:{service}:{region}:{ACCOUNT}:{resource}")
}

/// Something whose name is unique among all accounts, or that AWS itself offers in each.
pub(crate) fn without_account(service: &str, resource: &str) -> String {
    format!("arn:{PARTITION}:{service}:::{resource}")
}

/// A policy that AWS manages.
pub(crate) fn managed_policy(path: &str) -> String {
    format!("arn:{PARTITION}:iam::aws:policy/{path}")
}
