//! The names that clients use, and how it is seen from outside whether they lead anywhere.
//!
//! A name leads to the region whose latch is set. Beside it every region has a name of its own, which
//! leads there whoever serves: for checkers, and for people who look into a region. Checkers observe and
//! ring; they move no client, for an endpoint that answers says nothing about the database behind it.

mod certificate;

use standfast_blueprint::{
    Class, FunctionSpec, Name, ProbeSpec, RecordSpec, Section, Steering, Weight,
};

use crate::latch;
use crate::service;
use crate::syntax::address::Template;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::{AwsSystem, is_aurora};
use crate::system::defaults;
use crate::system::name::{identifier, limit, shortened};
use crate::system::region::AwsRegion;
use crate::system::tags::named;

const TOPIC: &str = "names";

/// The whole name of a record.
pub(crate) fn host(system: &AwsSystem<'_>, key: &Name, record: &RecordSpec) -> String {
    match &record.name {
        Some(name) => name.to_string(),
        None => format!("{key}.{}", system.blueprint.names.zone),
    }
}

/// The name of one region's part of a record, beside it in the same zone.
pub(crate) fn host_in(
    system: &AwsSystem<'_>,
    key: &Name,
    record: &RecordSpec,
    region: &AwsRegion,
) -> String {
    let host = host(system, key, record);
    let (label, zone) = host.split_once('.').unwrap_or((&host, ""));
    let label = shortened(&format!("{label}-{}", region.aws), limit::LABEL);
    format!("{label}.{zone}")
}

/// The zone and every record in it.
pub(crate) fn write_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    let names = &system.blueprint.names;
    if names.records.is_empty() {
        return;
    }
    let zone = zone(system, module);
    module.output("zone_id", "The hosted zone.", zone.clone());
    for (key, record) in &names.records {
        certificate::write(system, key, record, &zone, module);
        for region in system.data_regions() {
            let Some(answer) = answer(system, region, key, record, module) else {
                continue;
            };
            steered(system, region, key, record, &zone, &answer, module);
            if !matches!(answer, RecordAnswer::Private(_)) {
                own(system, region, key, record, &zone, &answer, module);
            }
        }
        if let Some(probe) = &record.probe {
            observe(system, key, record, probe, module);
        }
        module.output(
            &format!("{}_name", identifier(key.as_str())),
            "What clients use.",
            host(system, key, record),
        );
    }
}

/// The zone, created here or found; yields a reference to its id.
fn zone(system: &AwsSystem<'_>, module: &mut ModuleFiles) -> Template {
    let names = &system.blueprint.names;
    if let Some(id) = &names.zone_id {
        let body = body! { "zone_id": literal(id) };
        module.declare(TOPIC, &ResourceType::Route53Zone.data("main"), body);
        return ResourceType::Route53Zone.data("main").zone_id();
    }
    module.declare(
        TOPIC,
        &ResourceType::Route53Zone.named("main"),
        body! {
            "name": names.zone.as_str(),
            "comment": format!("Names of {}", system.full_name()),
            "force_destroy": system.blueprint.class == Class::Ephemeral,
        },
    );
    module.output(
        "name_servers",
        "To be entered where the parent zone is kept.",
        ResourceType::Route53Zone.named("main").name_servers(),
    );
    ResourceType::Route53Zone.named("main").zone_id()
}

/// What a name leads to in a region.
enum RecordAnswer {
    /// Another name, which only the private network reaches.
    Private(Template),
    /// Another name.
    Name(Template),
    /// A balancer: its name and the zone of it, which Route 53 answers itself.
    Balancer { name: Template, zone: Template },
}

fn answer(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    key: &Name,
    record: &RecordSpec,
    module: &mut ModuleFiles,
) -> Option<RecordAnswer> {
    let target = system.target(record)?;
    match target.section {
        Section::Databases => {
            let database = system.database(&target.name)?;
            if database.node_counts.of(region.kind) == 0 {
                return None;
            }
            let data = format!("{}__{}", identifier(&target.name), region.id());
            let id = system.database_id(database, region);
            let (kind, id_key) = if is_aurora(database.engine) {
                (ResourceType::RdsCluster, "cluster_identifier")
            } else {
                (ResourceType::DbInstance, "db_instance_identifier")
            };
            let data = kind.data(data);
            if !module.has(&data) {
                let mut body = body! { "provider": region.provider() };
                body.set(id_key, id);
                module.declare(TOPIC, &data, body);
            }
            Some(RecordAnswer::Private(if is_aurora(database.engine) {
                data.endpoint()
            } else {
                data.address()
            }))
        }
        Section::Services => {
            let balancer = service::look_up(system, region, &target.name, module);
            Some(RecordAnswer::Balancer {
                name: balancer.dns_name(),
                zone: balancer.zone_id(),
            })
        }
        Section::Functions => {
            let function: &FunctionSpec = system.blueprint.functions.get(&record.target)?;
            if !function.runs.includes(region.kind) {
                return None;
            }
            if let Some(balancer) = &function.balancer {
                let balancer = service::look_up(system, region, balancer.as_str(), module);
                return Some(RecordAnswer::Balancer {
                    name: balancer.dns_name(),
                    zone: balancer.zone_id(),
                });
            }
            let domain = format!("{}__{}", identifier(key.as_str()), region.id());
            Some(RecordAnswer::Name(
                ResourceType::ApiGatewayDomainName
                    .named(&domain)
                    .regional_domain_name(),
            ))
        }
        Section::Tables | Section::Buckets | Section::Parameters | Section::Names => None,
    }
}

fn set_answer(record: &RecordSpec, answer: &RecordAnswer, body: &mut Body) {
    match answer {
        RecordAnswer::Private(name) | RecordAnswer::Name(name) => {
            body.set("type", "CNAME");
            body.set("ttl", record.ttl.as_secs());
            body.set("records", [name]);
        }
        RecordAnswer::Balancer { name, zone } => {
            body.set("type", "A");
            body.set(
                "alias",
                body! {
                    "name": name,
                    "zone_id": zone,
                    // The latch alone decides; a second condition would let clients wander.
                    "evaluate_target_health": false,
                },
            );
        }
    }
}

/// The name itself: one record for each region, and which of them is answered.
fn steered(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    key: &Name,
    record: &RecordSpec,
    zone: &Template,
    answer: &RecordAnswer,
    module: &mut ModuleFiles,
) {
    let mut body = body! { "zone_id": zone, "name": host(system, key, record) };
    set_answer(record, answer, &mut body);
    let regions = system.data_regions().count();
    if regions > 1 {
        body.set("set_identifier", &region.aws);
        body.set("health_check_id", latch::check_id(region));
        let home = region.aws == system.home().aws;
        match record.steer {
            Steering::Failover if regions == 2 => {
                let kind = if home { "PRIMARY" } else { "SECONDARY" };
                body.set("failover_routing_policy", body! { "type": kind });
            }
            // Route 53 knows two of these; among more, equal weights leave it all to the latch.
            Steering::Failover => {
                body.set("weighted_routing_policy", body! { "weight": 1 });
            }
            Steering::Weighted => {
                let share = record.weight.map_or(defaults::WEIGHT, Weight::get);
                let others = u8::try_from(regions - 1).unwrap_or(u8::MAX);
                let share = if home {
                    share
                } else {
                    100_u8.saturating_sub(share) / others
                };
                body.set("weighted_routing_policy", body! { "weight": share });
            }
        }
    }
    let name = format!("{}__{}", identifier(key.as_str()), region.id());
    module.declare(TOPIC, &ResourceType::Route53Record.named(&name), body);
}

/// The name of one region's part.
fn own(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    key: &Name,
    record: &RecordSpec,
    zone: &Template,
    answer: &RecordAnswer,
    module: &mut ModuleFiles,
) {
    let mut body = body! { "zone_id": zone, "name": host_in(system, key, record, region) };
    let answer = match answer {
        // A custom domain of its own, since an interface answers only to names it has.
        RecordAnswer::Name(_) => RecordAnswer::Name(
            ResourceType::ApiGatewayDomainName
                .named(format!(
                    "{}__{}__own",
                    identifier(key.as_str()),
                    region.id()
                ))
                .regional_domain_name(),
        ),
        RecordAnswer::Private(name) => RecordAnswer::Private(name.clone()),
        RecordAnswer::Balancer { name, zone } => RecordAnswer::Balancer {
            name: name.clone(),
            zone: zone.clone(),
        },
    };
    set_answer(record, &answer, &mut body);
    let name = format!("{}__{}__own", identifier(key.as_str()), region.id());
    module.declare(TOPIC, &ResourceType::Route53Record.named(&name), body);
}

/// The key of the checker that asks a region.
pub(crate) fn checker(key: &str, region: &AwsRegion) -> String {
    format!("reach__{}__{}", identifier(key), region.id())
}

/// The key of the check that some region is reached.
pub(crate) fn any_checker(key: &str) -> String {
    format!("reach__{}", identifier(key))
}

/// Whether what a record leads to runs in a region.
pub(crate) fn serves(system: &AwsSystem<'_>, record: &RecordSpec, region: &AwsRegion) -> bool {
    let function = system.blueprint.functions.get(&record.target);
    function.is_none_or(|function| function.runs.includes(region.kind))
}

/// What public checkers see of every region, and whether any is reached at all.
fn observe(
    system: &AwsSystem<'_>,
    key: &Name,
    record: &RecordSpec,
    probe: &ProbeSpec,
    module: &mut ModuleFiles,
) {
    let (kind, port, path) = match (&probe.https, &probe.http) {
        (Some(path), _) => ("HTTPS", 443, path.as_str()),
        (None, Some(path)) => ("HTTP", 80, path.as_str()),
        (None, None) => ("HTTPS", 443, "/"),
    };
    let mut children = Vec::new();
    for region in system
        .data_regions()
        .filter(|region| serves(system, record, region))
    {
        let checker = checker(key.as_str(), region);
        let name = system.name_in(&format!("reach-{key}"), region, limit::OTHER);
        module.declare(
            TOPIC,
            &ResourceType::Route53HealthCheck.named(&checker),
            body! {
                "type": kind,
                "fqdn": host_in(system, key, record, region),
                "port": port,
                "resource_path": literal(path),
                "request_interval": i64::try_from(probe.every.as_secs()).unwrap_or(30),
                "failure_threshold": probe.failures.get(),
                "measure_latency": true,
                "tags": named(&name),
            },
        );
        children.push(ResourceType::Route53HealthCheck.named(&checker).id());
    }
    let name = system.name(&format!("reach-{key}"), limit::OTHER);
    module.declare(
        TOPIC,
        &ResourceType::Route53HealthCheck.named(any_checker(key.as_str())),
        body! {
            "type": "CALCULATED",
            "child_healthchecks": children,
            "child_health_threshold": 1,
            "tags": named(&name),
        },
    );
}
