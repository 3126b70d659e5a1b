//! What an actor may do, and what it is told: both follow from what the blueprint says it uses, and
//! from nothing else.
//!
//! No right is given on everything where the service's authorization reference offers a resource. Two
//! actions offer none: `cloudwatch:PutMetricData`, which is held to one namespace instead, and the
//! network interfaces of functions, see `kind/function`.

use std::collections::{BTreeMap, BTreeSet};

use standfast_blueprint::{FunctionNetwork, Reference, Use};

use crate::kind::contract::{Access, Kinds, ToldVariables};
use crate::kind::failover;
use crate::kind::network::security_group::{self, Counterpart};
use crate::kind::series::{self, HEALTH_NAMESPACE};
use crate::kind::topic;
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The rights that follow from uses, in one region.
pub(crate) fn statements(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    uses: &[Use],
    access: Access,
) -> Vec<Statement> {
    let uses: BTreeSet<&Use> = uses.iter().collect();
    let mut statements = Vec::new();
    for used in uses {
        match used {
            Use::Thing(thing) => {
                if let Some(kind) = kinds.of(thing.section).as_usable() {
                    statements.extend(kind.statements(system, region, &thing.name, access));
                }
            }
            Use::Metrics => statements.push(series::publish("Metrics", HEALTH_NAMESPACE)),
            Use::Notify => {
                let topic = topic::arn(system, region);
                statements.push(Statement::allow("Notify", &["sns:Publish"], vec![topic]));
            }
            Use::Failover => statements.extend(failover::statements(system)),
        }
    }
    statements
}

/// What an actor is told through its environment, by variable.
pub(crate) fn environment(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    uses: &[Use],
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    variables.insert("SYSTEM".to_owned(), system.full_name());
    for used in uses {
        match used {
            Use::Thing(thing) => {
                if let Some(kind) = kinds.of(thing.section).as_usable() {
                    let told = kind.variables(system, region, &thing.name);
                    tell(told, &thing.name, &mut variables);
                }
            }
            Use::Metrics => {
                variables.insert("METRICS_NAMESPACE".to_owned(), HEALTH_NAMESPACE.to_owned());
            }
            Use::Notify => {
                variables.insert("TOPIC_ARN".to_owned(), topic::arn(system, region));
            }
            Use::Failover => variables.extend(failover::variables(system)),
        }
    }
    variables
}

/// The first of a kind has the plain names; others add their own to all of theirs.
fn tell(told: ToldVariables, name: &str, variables: &mut BTreeMap<String, String>) {
    let taken = variables.contains_key(told.first);
    let own = name.replace('-', "_").to_ascii_uppercase();
    for (variable, value) in told.values {
        let key = if taken {
            format!("{variable}_{own}")
        } else {
            variable.to_owned()
        };
        variables.entry(key).or_insert(value);
    }
}

/// Lets a security group out to what its members use within the network.
pub(crate) fn let_out<'u>(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    group: &str,
    uses: impl Iterator<Item = &'u Use>,
    module: &mut ModuleFiles,
) {
    let things: BTreeSet<&Reference> = uses
        .filter_map(|used| match used {
            Use::Thing(thing) => Some(thing),
            Use::Metrics | Use::Notify | Use::Failover => None,
        })
        .collect();
    let paths = things.into_iter().filter_map(|thing| {
        let kind = kinds.of(thing.section).as_usable()?;
        Some(kind.paths(system, region, &thing.name))
    });
    for path in paths.flatten() {
        security_group::egress(
            &format!("{group}_to_{}", path.key),
            group,
            &path.to,
            path.port,
            &Counterpart::Range(path.range),
            module,
        );
    }
}

/// The services of AWS that something inside the private network of a region calls, by the names of
/// their endpoints.
pub(crate) fn services_called(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
) -> BTreeSet<&'static str> {
    let functions = system.blueprint.functions.values();
    let functions = functions
        .filter(|function| function.network == FunctionNetwork::Private)
        .filter(|function| function.runs.includes(region.kind))
        .flat_map(|function| &function.uses);
    let services = system.blueprint.services.values();
    let services = services
        .filter(|service| service.instances.is_some())
        .flat_map(|service| &service.uses);
    let mut called = BTreeSet::new();
    for used in functions.chain(services) {
        let names: &[&'static str] = match used {
            Use::Thing(thing) => {
                let kind = kinds.of(thing.section).as_usable();
                kind.map_or(&[], |kind| kind.endpoints())
            }
            Use::Metrics => &["monitoring"],
            Use::Notify => &["sns"],
            Use::Failover => &["monitoring", "rds", "sns"],
        };
        called.extend(names);
    }
    called
}
