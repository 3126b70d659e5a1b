//! What AWS cannot be made of: everything at once, each with the limit and the way out.
//!
//! Limits are those of the services' API references. What only AWS can know (whether a class of
//! instances exists in a region, whether a quota is enough) is left to it.

mod limits;
mod networks;
mod presence;

use std::collections::BTreeSet;

use standfast_blueprint::{
    Balancer, Class, DatabaseSpec, Durability, Engine, SecretReference, Section,
};
use standfast_units::format_duration;

use crate::Options;
use crate::refusal::{Code, Refusal};
use crate::system::aws::{AwsSystem, is_aurora};

/// The least lag that Aurora `PostgreSQL` is held to. Source: `rds.global_db_rpo` in its user guide.
const BOUNDED_MIN_S: u64 = 20;

/// Everything that stands in the way.
pub(crate) fn check(system: &AwsSystem<'_>, options: &Options) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    regions(system, options, &mut refusals);
    for database in &system.blueprint.databases {
        databases(system, database, &mut refusals);
    }
    networks::check(system, &mut refusals);
    networks::outside(system, &mut refusals);
    names(system, &mut refusals);
    certificates(system, &mut refusals);
    services(system, &mut refusals);
    presence::check(system, &mut refusals);
    limits::check(system, &mut refusals);
    refusals
}

fn regions(system: &AwsSystem<'_>, options: &Options, refusals: &mut Vec<Refusal>) {
    for region in options.regions.keys() {
        if !system.regions.iter().any(|known| known.name == *region) {
            refusals.push(Refusal::new(
                Code::Region,
                &["regions"],
                format!("the blueprint has no region `{region}` to be called otherwise"),
                "name a region of the blueprint, as in `--region us-east-1=eu-west-1`",
            ));
        }
    }
    let mut seen = BTreeSet::new();
    for region in &system.regions {
        let path = ["regions", region.name.as_str()];
        if !is_region(&region.aws) {
            refusals.push(Refusal::new(
                Code::Region,
                &path,
                format!("AWS has no region `{}`", region.aws),
                format!(
                    "say which one is meant, as in `--region {}=eu-central-1`",
                    region.name
                ),
            ));
        }
        if !seen.insert(region.aws.as_str()) {
            refusals.push(Refusal::new(
                Code::Region,
                &path,
                format!("two regions of the blueprint are `{}` at AWS", region.aws),
                "two places that fail together are one place; name another",
            ));
        }
    }
}

/// Whether a text has the form of a region's name: `us-east-1`, `ap-southeast-2`, `us-gov-west-1`.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let word = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=3).contains(&words.len())
        && words[0].len() == 2
        && words.iter().all(word)
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn databases(system: &AwsSystem<'_>, database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    if let Some(SecretReference::Environment(_) | SecretReference::File(_)) = &database.credentials
    {
        refusals.push(
            Refusal::new(
                Code::Credentials,
                &["databases", name, "credentials"],
                format!("the credentials of `{name}` are kept where no module finds them"),
                "keep them in Secrets Manager as JSON with `username` and `password`, and write \
                 `secret: NAME`; leave the key out to have them generated there",
            )
            .note("a password that passes through Terraform would stay in its state"),
        );
    }
    if let Some(SecretReference::Secret(secret)) = &database.credentials {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
        if !secret.bytes().all(allowed) {
            refusals.push(Refusal::new(
                Code::Credentials,
                &["databases", name, "credentials"],
                format!("`{secret}` is not the name of a secret at AWS"),
                "write its name, not its ARN: letters, digits and `/_+=.@-`",
            ));
        }
    }
    if is_aurora(database.engine) && database.version.is_none() {
        refusals.push(
            Refusal::new(
                Code::Missing,
                &["databases", name],
                format!("`{name}` has no `version`"),
                "pin it, as in `version: \"16.4\"`",
            )
            .note("clusters of one global cluster must have the same version to the last number"),
        );
    }
    durability(system, database, refusals);
    let most = if is_aurora(database.engine) { 15 } else { 2 };
    for region in system.data_regions() {
        let servers = database.node_counts.of(region.kind);
        if servers > most {
            refusals.push(Refusal::new(
                Code::Limit,
                &["databases", name, "nodes"],
                format!(
                    "`{name}` has {servers} servers in {}, and {most} fit",
                    region.aws
                ),
                "use an Aurora engine for more than a primary and its standby in another zone",
            ));
        }
    }
    let user = database.username.as_str();
    let postgres = matches!(database.engine, Engine::Postgres | Engine::AuroraPostgresql);
    if (postgres && matches!(user, "admin" | "rdsadmin")) || user == "rdsadmin" {
        refusals.push(Refusal::new(
            Code::Limit,
            &["databases", name, "username"],
            format!("`{user}` is reserved by the engine"),
            "take another name, such as `app`",
        ));
    }
}

fn durability(system: &AwsSystem<'_>, database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    let path = ["databases", name, "durability"];
    let spans = system.spans_regions() && database.node_counts.standby > 0;
    match database.durability {
        Durability::Async => {}
        Durability::Zero if !spans => {
            let several = database.node_counts.home > 1 || database.cloud.multi_zone;
            if !several && !is_aurora(database.engine) {
                refusals.push(Refusal::new(
                    Code::Durability,
                    &path,
                    format!("`{name}` has one server, and nothing would hold its last writes"),
                    "write `nodes: { home: 2 }`, which AWS keeps in step across zones",
                ));
            }
        }
        Durability::Zero => refusals.push(
            Refusal::new(
                Code::Durability,
                &path,
                format!("no managed database of AWS keeps `{name}` without loss across regions"),
                "promise what holds: `durability: bounded` for Aurora PostgreSQL, or `async`",
            )
            .note("replication between regions is asynchronous in Aurora and in RDS"),
        ),
        Durability::Bounded => {
            let rpo = system.blueprint.promise.rpo;
            let global = system.is_global(database);
            if database.engine != Engine::AuroraPostgresql || !global {
                refusals.push(
                    Refusal::new(
                        Code::Durability,
                        &path,
                        format!("commits of `{name}` cannot be made to wait for its follower"),
                        "use `aurora-postgresql` in two regions, or write `durability: async`",
                    )
                    .note("`rds.global_db_rpo` exists in Aurora PostgreSQL only"),
                );
            } else if rpo.as_secs() < BOUNDED_MIN_S {
                refusals.push(
                    Refusal::new(
                        Code::Durability,
                        &["promise", "rpo"],
                        format!(
                            "commits of `{name}` cannot be bounded to {}",
                            format_duration(rpo)
                        ),
                        format!("promise {BOUNDED_MIN_S}s or more"),
                    )
                    .note(format!(
                        "the least `rds.global_db_rpo` is {BOUNDED_MIN_S} s"
                    )),
                );
            }
        }
    }
}

fn names(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let zone = system.blueprint.names.zone.as_str();
    for (key, record) in &system.blueprint.names.records {
        let path = |last: &'static str| ["names", "records", key.as_str(), last];
        let host = crate::record::host(system, key, record);
        let within = host
            .strip_suffix(zone)
            .is_some_and(|rest| rest.ends_with('.'));
        if !within {
            refusals.push(Refusal::new(
                Code::Shape,
                &path("name"),
                format!("`{host}` is not a name within the zone `{zone}`"),
                "write a name below the zone; at the zone itself no name can lead to another",
            ));
        }
        let Some(target) = system.target(record) else {
            continue;
        };
        if target.section == Section::Databases && record.probe.is_some() {
            refusals.push(
                Refusal::new(
                    Code::Unreachable,
                    &path("probe"),
                    format!("no public checker reaches the database `{}`", target.name),
                    "remove the probe and let a function in the network look: \
                     `package: database-health`",
                )
                .note("it would find the database unreachable from the first minute"),
            );
        }
        unanswerable(system, key.as_str(), record, refusals);
        if let Some(function) = system.blueprint.functions.get(&record.target) {
            let own = function.balancer.is_none();
            if own && function.routes.is_empty() {
                refusals.push(Refusal::new(
                    Code::Shape,
                    &path("target"),
                    format!("`{}` has no routes for a name to lead to", target.name),
                    "give it `routes`, or a `balancer`",
                ));
            }
            if own && function.certificate.is_none() {
                refusals.push(
                    Refusal::new(
                        Code::Certificate,
                        &["functions", target.name.as_str()],
                        format!(
                            "`{host}` leads to `{}`, which has no certificate for it",
                            target.name
                        ),
                        "write `certificate: issue`, or the ARN of one for each region",
                    )
                    .note("an HTTP interface answers only to names it has, and over TLS only"),
                );
            }
        }
    }
}

/// Probes that nothing would answer.
fn unanswerable(
    system: &AwsSystem<'_>,
    key: &str,
    record: &standfast_blueprint::RecordSpec,
    refusals: &mut Vec<Refusal>,
) {
    let Some(probe) = &record.probe else {
        return;
    };
    let path = ["names", "records", key, "probe"];
    let mut refuse = |message: String, help: &str| {
        refusals.push(Refusal::new(Code::Unreachable, &path, message, help));
    };
    let services = system.blueprint.services.iter();
    for (name, service) in services.filter(|(name, _)| leads_to(system, record, name)) {
        if service.balancer != Some(Balancer::Public) {
            refuse(
                format!("no public checker reaches `{name}`, whose balancer is private"),
                "write `balancer: public`, or remove the probe",
            );
        }
        if probe.http.is_none() && service.certificate.is_none() {
            refuse(
                format!("`{name}` is asked over TLS and has no certificate"),
                "ask in the clear with `http:`, or give the service a certificate",
            );
        }
    }
    let function = system.blueprint.functions.get(&record.target);
    if function.is_some_and(|function| function.balancer.is_none()) && probe.http.is_some() {
        refuse(
            format!(
                "`{}` is asked in the clear and answers over TLS only",
                record.target
            ),
            "ask over TLS with `https:`",
        );
    }
}

fn certificates(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let functions = system.blueprint.functions.iter();
    let functions = functions.map(|(name, spec)| ("functions", name, &spec.certificate));
    let services = system.blueprint.services.iter();
    let services = services.map(|(name, spec)| ("services", name, &spec.certificate));
    for (section, name, certificate) in functions.chain(services) {
        let Some(standfast_blueprint::Certificate::Given(arns)) = certificate else {
            continue;
        };
        for region in system.data_regions() {
            if arns.contains_key(&region.name) {
                continue;
            }
            let refusal = Refusal::new(
                Code::Certificate,
                &[section, name.as_str(), "certificate"],
                format!("`{name}` has no certificate in `{}`", region.name),
                "name one for every region that holds data: certificates do not leave theirs",
            );
            refusals.push(refusal);
        }
    }
}

/// Whether a name leads to the balancer of a service, directly or through a function behind it.
fn leads_to(
    system: &AwsSystem<'_>,
    record: &standfast_blueprint::RecordSpec,
    service: &standfast_blueprint::Name,
) -> bool {
    let function = system.blueprint.functions.get(&record.target);
    let behind = function.and_then(|function| function.balancer.as_ref());
    record.target == *service || behind == Some(service)
}

fn services(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for (name, service) in &system.blueprint.services {
        let key = name.as_str();
        if let Some(script) = &service.user_data
            && !system.scripts.contains_key(script)
        {
            refusals.push(Refusal::new(
                Code::Missing,
                &["services", key, "user_data"],
                format!("the script `{script}` cannot be read"),
                "write the path of a text of at most 16 KiB, beside the blueprint or below it",
            ));
        }
        let functions = system.blueprint.functions.values();
        let mut attached = functions.filter(|function| function.balancer.as_ref() == Some(name));
        if service.instances.is_none() && attached.next().is_none() {
            refusals.push(Refusal::new(
                Code::Missing,
                &["services", key],
                format!("nothing stands behind the balancer of `{name}`"),
                "write `instances: { home: 2, standby: 1 }`, or give a function `balancer: "
                    .to_owned()
                    + key
                    + "`",
            ));
        }
        let issued = service.certificate == Some(standfast_blueprint::Certificate::Issue);
        let records = system.blueprint.names.records.values();
        let named = records
            .filter(|record| leads_to(system, record, name))
            .count();
        if issued && named > 1 {
            refusals.push(Refusal::new(
                Code::Certificate,
                &["services", key, "certificate"],
                format!("{named} names lead to `{name}`, and a certificate is issued for one"),
                "name a certificate for all of them by its ARN in each region",
            ));
        }
        if issued && named == 0 {
            refusals.push(Refusal::new(
                Code::Certificate,
                &["services", key, "certificate"],
                format!("there is no name to issue a certificate of `{name}` for"),
                "add a record that leads to it, or name certificates by their ARNs",
            ));
        }
    }
    let production = system.blueprint.class == Class::Production;
    let zone = system.blueprint.names.zone.as_str();
    let ephemeral_zone = zone.rsplit('.').next() == Some("test");
    if production && ephemeral_zone && !system.blueprint.names.records.is_empty() {
        refusals.push(Refusal::new(
            Code::Shape,
            &["names"],
            "names of a production system lie in a zone of `.test`, which nobody resolves"
                .to_owned(),
            "write the zone you own, as in `zone: example.com`",
        ));
    }
}
