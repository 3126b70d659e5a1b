//! Databases that AWS does not keep as they are asked for.

use std::time::Duration;

use standfast_blueprint::{DatabaseSpec, Durability, Engine, SecretReference};
use standfast_units::format_duration;

use crate::kind::database::naming;
use crate::refuse::bounds::{Bounds, DAY};
use crate::refuse::refusal::{Refusal, RefusalCode};
use crate::system::aws::AwsSystem;

/// The least lag that Aurora `PostgreSQL` is held to. Source: `rds.global_db_rpo` in its user guide.
const BOUNDED_MIN_S: u64 = 20;

/// Refuses databases whose shape no managed database has.
pub(crate) fn shape(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for database in &system.blueprint.databases {
        credentials(database, refusals);
        pinned(database, refusals);
        durability(system, database, refusals);
        servers(system, database, refusals);
        reserved_user(database, refusals);
    }
}

fn credentials(database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    if let Some(SecretReference::Environment(_) | SecretReference::File(_)) = &database.credentials
    {
        refusals.push(
            Refusal::new(
                RefusalCode::Credentials,
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
                RefusalCode::Credentials,
                &["databases", name, "credentials"],
                format!("`{secret}` is not the name of a secret at AWS"),
                "write its name, not its ARN: letters, digits and `/_+=.@-`",
            ));
        }
    }
}

/// Versions of clusters that follow each other must be the same.
fn pinned(database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    if naming::is_aurora(database.engine) && database.version.is_none() {
        refusals.push(
            Refusal::new(
                RefusalCode::Missing,
                &["databases", name],
                format!("`{name}` has no `version`"),
                "pin it, as in `version: \"16.4\"`",
            )
            .note("clusters of one global cluster must have the same version to the last number"),
        );
    }
}

fn servers(system: &AwsSystem<'_>, database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    let most = if naming::is_aurora(database.engine) {
        15
    } else {
        2
    };
    for region in system.data_regions() {
        let servers = database.node_counts.of(region.kind);
        if servers > most {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
                &["databases", name, "nodes"],
                format!(
                    "`{name}` has {servers} servers in {}, and {most} fit",
                    region.aws
                ),
                "use an Aurora engine for more than a primary and its standby in another zone",
            ));
        }
    }
}

fn reserved_user(database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    let user = database.username.as_str();
    let postgres = matches!(database.engine, Engine::Postgres | Engine::AuroraPostgresql);
    if (postgres && matches!(user, "admin" | "rdsadmin")) || user == "rdsadmin" {
        refusals.push(Refusal::new(
            RefusalCode::Limit,
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
            if !several && !naming::is_aurora(database.engine) {
                refusals.push(Refusal::new(
                    RefusalCode::Durability,
                    &path,
                    format!("`{name}` has one server, and nothing would hold its last writes"),
                    "write `nodes: { home: 2 }`, which AWS keeps in step across zones",
                ));
            }
        }
        Durability::Zero => refusals.push(
            Refusal::new(
                RefusalCode::Durability,
                &path,
                format!("no managed database of AWS keeps `{name}` without loss across regions"),
                "promise what holds: `durability: bounded` for Aurora PostgreSQL, or `async`",
            )
            .note("replication between regions is asynchronous in Aurora and in RDS"),
        ),
        Durability::Bounded => {
            let rpo = system.blueprint.promise.rpo;
            let global = naming::is_global(system, database);
            if database.engine != Engine::AuroraPostgresql || !global {
                refusals.push(
                    Refusal::new(
                        RefusalCode::Durability,
                        &path,
                        format!("commits of `{name}` cannot be made to wait for its follower"),
                        "use `aurora-postgresql` in two regions, or write `durability: async`",
                    )
                    .note("`rds.global_db_rpo` exists in Aurora PostgreSQL only"),
                );
            } else if rpo.as_secs() < BOUNDED_MIN_S {
                refusals.push(
                    Refusal::new(
                        RefusalCode::Durability,
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

/// Refuses values of databases that are out of bounds.
pub(crate) fn bounds(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    for database in &system.blueprint.databases {
        spans(database, refusals);
        monitoring(database, refusals);
        serverless(database, refusals);
        mysql_version(&naming::version(database), database, refusals);
    }
}

fn spans(database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    let cloud = &database.cloud;
    Bounds {
        unit: DAY,
        least: 1,
        most: 35,
        words: "whole days, 1 to 35",
    }
    .hold(
        &["databases", name, "backup", "retention"],
        cloud.backup.as_ref().and_then(|backup| backup.retention),
        refusals,
    );
    Bounds {
        unit: DAY,
        least: 7,
        most: 30,
        words: "whole days, 7 to 30",
    }
    .hold(
        &["databases", name, "key", "delete_after"],
        cloud.key.as_ref().and_then(|key| key.delete_after),
        refusals,
    );
}

fn monitoring(database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    let cloud = &database.cloud;
    let offered = [0, 1, 5, 10, 15, 30, 60];
    if let Some(every) = cloud.monitoring
        && !offered.map(Duration::from_secs).contains(&every)
    {
        refusals.push(Refusal::new(
            RefusalCode::Limit,
            &["databases", name, "monitoring"],
            format!(
                "hosts are measured every 1, 5, 10, 15, 30 or 60 s, not {}",
                format_duration(every)
            ),
            "write one of these, as in `60s`",
        ));
    }
}

fn serverless(database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let name = database.name.as_str();
    let cloud = &database.cloud;
    if let Some(capacity) = &cloud.serverless {
        let half = |number: f64| (number * 2.0).fract().abs() < f64::EPSILON;
        let fits = half(capacity.min)
            && half(capacity.max)
            && capacity.min >= 0.5
            && capacity.max >= 1.0
            && capacity.max <= 256.0
            && capacity.min <= capacity.max;
        if !fits {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
                &["databases", name, "serverless"],
                "capacity goes in halves from 0.5 to 256, the least first".to_owned(),
                "write as in `serverless: { min: 0.5, max: 16 }`",
            ));
        }
        if !naming::is_aurora(database.engine) {
            refusals.push(Refusal::new(
                RefusalCode::Limit,
                &["databases", name, "serverless"],
                format!("{} has no capacity that follows the load", database.engine),
                "use an Aurora engine, or name an `instance`",
            ));
        }
    }
}

/// Families of `MySQL` have two numbers, as in `8.0`.
fn mysql_version(version: &str, database: &DatabaseSpec, refusals: &mut Vec<Refusal>) {
    let mysql = matches!(database.engine, Engine::Mysql | Engine::AuroraMysql);
    if mysql && !version.contains('.') {
        refusals.push(Refusal::new(
            RefusalCode::Limit,
            &["databases", database.name.as_str(), "version"],
            format!("`{version}` names no family of MySQL"),
            "write two numbers at least, as in `8.0`",
        ));
    }
}

/// Refuses names and values that the engine keeps for itself, or that contradict each other.
pub(crate) fn reserved(system: &AwsSystem<'_>, refusals: &mut Vec<Refusal>) {
    let mut refuse = |path: &[&str], message: String, help: &str| {
        refusals.push(Refusal::new(RefusalCode::Limit, path, message, help));
    };
    for database in &system.blueprint.databases {
        let name = database.name.as_str();
        if database
            .database
            .as_str()
            .starts_with(|first: char| !first.is_ascii_alphabetic())
        {
            refuse(
                &["databases", name, "database"],
                format!("`{}` does not begin with a letter", database.database),
                "give the database within the server another name",
            );
        }
        let storage = database.cloud.storage.as_ref();
        let sizes = storage.and_then(|storage| storage.size.zip(storage.max));
        if let Some((size, max)) = sizes
            && max < size
        {
            refuse(
                &["databases", name, "storage"],
                format!("disks cannot grow from {size} to {max}"),
                "write a `max` above `size`, or leave it out",
            );
        }
    }
}
