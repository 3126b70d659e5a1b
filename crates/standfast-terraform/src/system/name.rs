//! Names of resources: deterministic, so that modules find each other by them, and within the limits
//! of each kind of resource.
//!
//! Every name begins with the system (name and environment) and ends with the region, where the
//! resource belongs to one; tables are called after the blueprint and the environment, as their copies
//! in other regions have the same name. A name that is too long is cut, and eight hexadecimal digits of the
//! SHA-256 of the whole name stand at its end: the same every time, and two different long names stay
//! different (a collision among 10,000 names has a chance of about 1 in 86).

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The longest name of each kind, in characters. Source: the service's own documentation of its
/// quotas, as the Terraform provider checks them where it does.
pub(crate) mod limit {
    /// Load balancers and target groups.
    pub(crate) const BALANCER: usize = 32;
    /// Clusters, instances and global clusters of databases.
    pub(crate) const DATABASE: usize = 63;
    /// Groups of parameters and of subnets, of databases.
    pub(crate) const GROUP: usize = 255;
    /// Functions, roles and schedules.
    pub(crate) const FUNCTION: usize = 64;
    /// Buckets, less a hyphen and the twelve digits of the account.
    pub(crate) const BUCKET: usize = 50;
    /// Tables, topics, alarms, dashboards, keys and everything else.
    pub(crate) const OTHER: usize = 240;
    /// Identifiers in a DNS record.
    pub(crate) const LABEL: usize = 63;
}

/// Digits of the hash that stands for what was cut.
const DIGITS: usize = 8;

/// The name, cut to a limit when it must be.
pub(crate) fn shortened(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let mut short = String::with_capacity(limit);
    let kept = name.get(..limit - DIGITS - 1).unwrap_or_default();
    short.push_str(kept.trim_end_matches('-'));
    short.push('-');
    for byte in &Sha256::digest(name.as_bytes())[..DIGITS / 2] {
        let _ = write!(short, "{byte:02x}");
    }
    short
}

/// A name of Terraform's own, by which the rest of the module refers to something.
pub(crate) fn identifier(name: &str) -> String {
    let plain = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    if plain.starts_with(|first: char| first.is_ascii_digit()) {
        format!("n_{plain}")
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_the_limit_are_left_alone() {
        let exact = "a".repeat(limit::BALANCER);
        assert_eq!(shortened(&exact, limit::BALANCER), exact);
    }

    #[test]
    fn longer_names_are_cut_to_the_limit_and_stay_apart() {
        let one = shortened(
            &format!("{}b", "a".repeat(limit::BALANCER)),
            limit::BALANCER,
        );
        let other = shortened(
            &format!("{}c", "a".repeat(limit::BALANCER)),
            limit::BALANCER,
        );
        assert_eq!(one.len(), limit::BALANCER);
        assert_ne!(one, other);
        assert_eq!(one, "aaaaaaaaaaaaaaaaaaaaaaa-5454fe10");
    }

    #[test]
    fn a_cut_at_a_hyphen_leaves_one() {
        let name = format!("{}-{}", "a".repeat(22), "b".repeat(20));
        let short = shortened(&name, limit::BALANCER);
        assert!(!short.contains("--"), "{short}");
    }
}
