//! What the page tells operators of databases.

use standfast_blueprint::{DatabaseSpec, Durability, SecretReference};

use crate::kind::contract::Explainable;
use crate::kind::database::naming;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;
use crate::system::tags;

/// Databases, as the page tells of them.
pub(crate) struct ExplainableDatabases;

impl Explainable for ExplainableDatabases {
    fn before(&self, system: &AwsSystem<'_>) -> Vec<String> {
        let databases = system.blueprint.databases.iter();
        databases
            .map(|database| credentials(system, database))
            .collect()
    }

    fn fencing(&self, _: &AwsSystem<'_>, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn taking_over(&self, system: &AwsSystem<'_>, home: &AwsRegion, to: &AwsRegion) -> Vec<String> {
        let databases = system.blueprint.databases.iter();
        databases
            .filter(|database| database.node_counts.standby > 0)
            .map(|database| promote(system, database, home, to))
            .collect()
    }

    fn afterwards(&self, system: &AwsSystem<'_>, to: &AwsRegion) -> Vec<String> {
        let bounded = naming::global(system)
            .filter(|database| database.durability == Durability::Bounded)
            .map(|database| bound(database, to));
        bounded.chain(exchange_roles(system)).collect()
    }

    fn drills(&self, system: &AwsSystem<'_>) -> Vec<String> {
        let home = system.home();
        let databases = system.blueprint.databases.iter();
        databases
            .filter(|database| !naming::is_aurora(database.engine))
            .filter(|database| naming::is_multi_zone(home, database))
            .map(|database| drill(system, database, home))
            .collect()
    }
}

fn credentials(system: &AwsSystem<'_>, database: &DatabaseSpec) -> String {
    let name = naming::secret_name(system, database);
    match &database.credentials {
        Some(SecretReference::Secret(_)) => format!(
            "The secret `{name}` must exist in every region that holds data (replicate it), as JSON with \
             `username` and `password`."
        ),
        _ => format!(
            "The credentials of `{}` are generated into the secret `{name}` and copied to every region. \
             They are in no file, plan or state.",
            database.name
        ),
    }
}

fn promote(
    system: &AwsSystem<'_>,
    database: &DatabaseSpec,
    home: &AwsRegion,
    to: &AwsRegion,
) -> String {
    let name = &database.name;
    if !naming::is_global(system, database) {
        return format!(
            "Promote the database `{name}`, which takes minutes and cannot be taken back; its writes of the \
             last moments may be lost, and the old one has to be made a replica anew:\n\n   ```sh\n   \
             aws rds promote-read-replica --region {} --db-instance-identifier {}\n   ```\n",
            to.aws,
            naming::id(system, database, to)
        );
    }
    let target = format!(
        "\"$(terraform -chdir={} output -raw {}_cluster_arn_{})\"",
        to.aws,
        naming::key(database),
        to.id(),
    );
    let global = naming::global_cluster_id(system, database);
    format!(
        "Promote the database `{name}`. **Either**, while `{}` answers, lose nothing:\n\n   ```sh\n   \
         aws rds switchover-global-cluster --region {} --global-cluster-identifier {global} \\\n     \
         --target-db-cluster-identifier {target}\n   ```\n\n   **or**, when it does not, accept that what had \
         not arrived is lost:\n\n   ```sh\n   aws rds failover-global-cluster --region {} \
         --global-cluster-identifier {global} \\\n     --allow-data-loss \
         --target-db-cluster-identifier {target}\n   ```\n",
        home.aws, home.aws, to.aws,
    )
}

fn bound(database: &DatabaseSpec, to: &AwsRegion) -> String {
    format!(
        "Commits of `{}` are bounded in the region it began in. Once the lost region follows again, bound \
         them in {} too, with `rds.global_db_rpo` in its group of settings; before that every commit would \
         wait for a follower that is not there.",
        database.name, to.aws
    )
}

/// The tags of roles, which Terraform sets once.
fn exchange_roles(system: &AwsSystem<'_>) -> Option<String> {
    let roles: Vec<String> = tags::with_role(system)
        .map(|(tag, _)| format!("`{tag}`"))
        .collect();
    (!roles.is_empty()).then(|| {
        format!(
            "Exchange the values of the tag {} on the clusters and instances of both regions \
             (`aws rds add-tags-to-resource`); Terraform leaves them as they are.",
            roles.join(", ")
        )
    })
}

/// What is drilled where AWS itself moves a database between zones.
fn drill(system: &AwsSystem<'_>, database: &DatabaseSpec, home: &AwsRegion) -> String {
    let id = naming::id(system, database, home);
    let region = &home.aws;
    format!(
        "## The drill of `{}`\n\n\
         AWS moves this database to the other zone by itself. Prove it under load, with a client that notes \
         every acknowledged write:\n\n```sh\naws rds reboot-db-instance --region {region} --force-failover \
         --db-instance-identifier {id}\naws rds wait db-instance-available --region {region} \
         --db-instance-identifier {id}\nterraform -chdir={region} refresh && terraform -chdir={region} \
         output\n```\n\n\
         The zone in the outputs has changed; no acknowledged write is missing; the time between the last \
         write before and the first after is what the promise is measured against.",
        database.name
    )
}
