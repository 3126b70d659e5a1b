//! Security groups: who may talk to whom within a network.

use crate::kind::network::subnet::{TOPIC, vpc};
use crate::syntax::address::Address;
use crate::syntax::json::{Body, body};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::limit;
use crate::system::region::AwsRegion;
use crate::system::tags;

/// Who is on the other side of a rule.
pub(crate) enum Counterpart {
    /// A range of addresses.
    Range(String),
    /// The members of another group of this module.
    Group(String),
}

impl Counterpart {
    /// The whole internet.
    pub(crate) fn anywhere() -> Self {
        Self::Range("0.0.0.0/0".to_owned())
    }

    fn set(&self, rule: &mut Body) {
        let group = |name: &str| address(name).id();
        match self {
            Self::Range(range) => rule.set("cidr_ipv4", range),
            Self::Group(name) => rule.set("referenced_security_group_id", group(name)),
        }
    }
}

/// A security group, within the module of its region.
pub(crate) fn address(key: &str) -> Address {
    ResourceType::SecurityGroup.named(key)
}

/// Declares a security group; its rules are resources of their own.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    key: &str,
    description: &str,
    module: &mut ModuleFiles,
) {
    let name = system.name_in(&key.replace('_', "-"), region, limit::OTHER);
    module.declare(
        TOPIC,
        &address(key),
        body! {
            "name": &name,
            "description": description,
            "vpc_id": vpc().id(),
            "tags": tags::named(&name),
        },
    );
}

/// Lets a peer in at a port.
pub(crate) fn ingress(
    key: &str,
    group: &str,
    why: &str,
    port: u16,
    peer: &Counterpart,
    module: &mut ModuleFiles,
) {
    rule(
        ResourceType::VpcSecurityGroupIngressRule,
        key,
        group,
        why,
        port,
        peer,
        module,
    );
}

/// Lets a group out to a port of a peer.
pub(crate) fn egress(
    key: &str,
    group: &str,
    why: &str,
    port: u16,
    peer: &Counterpart,
    module: &mut ModuleFiles,
) {
    rule(
        ResourceType::VpcSecurityGroupEgressRule,
        key,
        group,
        why,
        port,
        peer,
        module,
    );
}

fn rule(
    kind: ResourceType,
    key: &str,
    group: &str,
    why: &str,
    port: u16,
    peer: &Counterpart,
    module: &mut ModuleFiles,
) {
    let mut rule = body! {
        "security_group_id": address(group).id(),
        "description": why,
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": port,
    };
    peer.set(&mut rule);
    module.declare(TOPIC, &kind.named(key), rule);
}
