//! The page beside the modules: in which order they are applied, what goes in, what comes out, and what
//! an operator does on the bad day.

use std::fmt::Write as _;

use standfast_blueprint::{Class, RegionKind, SecretReference};

use crate::database;
use crate::rights::global_databases;
use crate::root::GLOBAL;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::{AwsSystem, is_aurora};
use crate::system::name::limit;
use crate::system::region::AwsRegion;
use crate::{ApplyStep, function, latch};

/// What a module takes and tells.
pub(crate) struct Sheet {
    folder: String,
    variables: Vec<(String, String)>,
    outputs: Vec<(String, String)>,
}

impl Sheet {
    pub(crate) fn of(folder: &str, module: &ModuleFiles) -> Self {
        Self {
            folder: folder.to_owned(),
            variables: module.described_variables(),
            outputs: module.described_outputs(),
        }
    }
}

/// The order in which modules are applied.
pub(crate) fn order(system: &AwsSystem<'_>) -> Vec<ApplyStep> {
    let mut order: Vec<ApplyStep> = system
        .order()
        .into_iter()
        .map(|region| ApplyStep {
            folder: region.aws.clone(),
            why: match region.kind {
                RegionKind::Home => "the home region: databases begin here",
                RegionKind::Standby => "stands by: its databases follow those of the home region",
                RegionKind::Witness => "the witness: no data, the alarms that names follow",
            },
        })
        .collect();
    if crate::spans(system) {
        order.push(ApplyStep {
            folder: GLOBAL.to_owned(),
            why: "what spans regions: names, checks, replication between buckets and tables",
        });
    }
    order
}

pub(crate) fn write(system: &AwsSystem<'_>, order: &[ApplyStep], sheets: &[Sheet]) -> String {
    let mut page = String::new();
    // Writing to a text cannot fail.
    let _ = sections(&mut page, system, order, sheets);
    page
}

fn sections(
    page: &mut String,
    system: &AwsSystem<'_>,
    order: &[ApplyStep],
    sheets: &[Sheet],
) -> std::fmt::Result {
    let blueprint = system.blueprint;
    writeln!(page, "# {}\n", system.full_name())?;
    writeln!(
        page,
        "Terraform (or OpenTofu, 1.11 and later of either) for the system `{}`, synthesized by Standfast. \
         Do not edit these files: change the blueprint and synthesize again.\n",
        system.full_name()
    )?;
    writeln!(page, "## Order\n")?;
    writeln!(
        page,
        "Each folder is a module with a state of its own. Apply them in this order, and destroy them in the \
         opposite one:\n"
    )?;
    for (index, step) in order.iter().enumerate() {
        writeln!(page, "{}. `{}`: {}", index + 1, step.folder, step.why)?;
    }
    writeln!(page, "\n```sh")?;
    let folders: Vec<&str> = order.iter().map(|step| step.folder.as_str()).collect();
    writeln!(page, "for module in {}; do", folders.join(" "))?;
    writeln!(
        page,
        "  terraform -chdir=$module init && terraform -chdir=$module apply || break"
    )?;
    writeln!(page, "done\n```\n")?;
    writeln!(
        page,
        "A region's module reads nothing that another region's made: while one is lost, the others can be planned \
         and applied. Only `{GLOBAL}` looks into all of them."
    )?;
    if blueprint.class == Class::Ephemeral {
        writeln!(
            page,
            "\nThis system is `ephemeral`: nothing is protected from deletion and no final snapshot is made."
        )?;
    }
    before(page, system)?;
    tables(page, sheets)?;
    bad_day(page, system)?;
    drill(page, system)
}

fn before(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
    writeln!(page, "\n## Before the first apply\n")?;
    let functions = &system.blueprint.functions;
    if !functions.is_empty() {
        let mut packages: Vec<&str> = functions
            .values()
            .map(|function| function.package.as_str())
            .collect();
        packages.sort_unstable();
        packages.dedup();
        let packages: Vec<String> = packages
            .iter()
            .map(|name| format!("`{name}.zip`"))
            .collect();
        writeln!(
            page,
            "- Put the packages of functions ({}) into a folder `packages` beside the modules, or name \
             another with the variable `packages`. `cargo xtask package` builds those that come with Standfast.",
            packages.join(", ")
        )?;
        if functions
            .values()
            .any(|function| function.package.as_str() == "failover-trigger")
        {
            writeln!(
                page,
                "- The code of `failover-trigger` comes with Standfast's run time for AWS. Until then a package \
                 of that name has to be put there by you; its environment tells it everything it needs."
            )?;
        }
    }
    programs(page, system)?;
    credentials(page, system)?;
    if let Some(state) = &system.blueprint.state {
        writeln!(
            page,
            "- The states are kept in the bucket `{}` in {}, which must exist, with versioning.",
            state.bucket, state.region
        )?;
    } else {
        writeln!(
            page,
            "- The states are kept beside the modules. Before anybody relies on this system, keep them in a \
             bucket outside the home region (`state` in the blueprint)."
        )?;
    }
    zone(page, system)?;
    if !system.blueprint.notify.email.is_empty() {
        writeln!(
            page,
            "- Everybody who is told by mail has to confirm it, once for each region."
        )?;
    }
    Ok(())
}

fn programs(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
    for (name, service) in &system.blueprint.services {
        let bucket = service.uses.iter().find_map(|used| match used {
            standfast_blueprint::Use::Thing(thing)
                if thing.section == standfast_blueprint::Section::Buckets =>
            {
                Some(thing.name.as_str())
            }
            _ => None,
        });
        if let (Some(package), Some(bucket), None) = (&service.package, bucket, &service.user_data)
        {
            writeln!(
                page,
                "- Put the program of `{name}` as the object `{package}` into the bucket `{bucket}` of **every** region as \
                 soon as it exists (replication carries what is written after its rules were made). Instances fetch it \
                 at each start; until it is there they are replaced."
            )?;
        }
    }
    Ok(())
}

fn zone(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
    if !system.blueprint.names.records.is_empty() && system.blueprint.names.zone_id.is_none() {
        let zone = system.blueprint.names.zone.as_str();
        writeln!(
            page,
            "- The zone `{zone}` is created by `{GLOBAL}`. Enter its name servers (output `name_servers`) where \
             the parent zone is kept; an apply that issues certificates waits for that."
        )?;
        let reserved = ["example.com", "example.net", "example.org"];
        if reserved
            .iter()
            .any(|known| zone == *known || zone.ends_with(&format!(".{known}")))
        {
            writeln!(
                page,
                "- AWS creates no zone within `example.com` and its like, which belong to nobody: name a zone of yours \
                 in the blueprint before you apply."
            )?;
        }
    }
    Ok(())
}

fn credentials(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
    for database in &system.blueprint.databases {
        let name = system.secret_name(database);
        match &database.credentials {
            Some(SecretReference::Secret(_)) => writeln!(
                page,
                "- The secret `{name}` must exist in every region that holds data (replicate it), as JSON with \
                 `username` and `password`."
            )?,
            _ => writeln!(
                page,
                "- The credentials of `{}` are generated into the secret `{name}` and copied to every region. \
                 They are in no file, plan or state.",
                database.name
            )?,
        }
    }
    Ok(())
}

fn tables(page: &mut String, sheets: &[Sheet]) -> std::fmt::Result {
    writeln!(page, "\n## Variables and outputs\n")?;
    writeln!(page, "| module | kind | name | what |\n|---|---|---|---|")?;
    for sheet in sheets {
        for (name, what) in &sheet.variables {
            writeln!(
                page,
                "| `{}` | variable | `{name}` | {what} |",
                sheet.folder
            )?;
        }
        for (name, what) in &sheet.outputs {
            writeln!(page, "| `{}` | output | `{name}` | {what} |", sheet.folder)?;
        }
    }
    Ok(())
}

fn bad_day(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
    let Some(latch) = system.latch_region() else {
        return Ok(());
    };
    let home = system.home();
    writeln!(page, "\n## On the bad day\n")?;
    for to in system.standbys() {
        take_over(page, system, to, latch)?;
    }
    writeln!(
        page,
        "Nothing goes back by itself: when `{}` returns, its names stay closed and its databases follow. Go back with \
         the same steps the other way round, by a switchover. Do not edit records on the bad day: they are changed \
         through one region only, and that may be the lost one.\n",
        home.aws
    )?;
    writeln!(
        page,
        "After roles were swapped, `plan` shows nothing to undo: who follows whom, how many instances are wanted and the \
         tags of roles are left alone. An alarm on replication lag rings in the region that no longer follows; \
         it says that the system is not as the blueprint has it. Leave `home` in the blueprint as it is: it also says \
         which module the global cluster, the secret and the tables belong to, and `synth` refuses another one here.\n"
    )?;
    writeln!(
        page,
        "While us-east-1 is impaired, so is the control plane of IAM, in all regions: an apply that only has to change \
         something else goes through with `-refresh=false -target=ADDRESS`."
    )
}

/// What leads from the loss of home to a region that stands by.
fn take_over(
    page: &mut String,
    system: &AwsSystem<'_>,
    to: &AwsRegion,
    latch: &AwsRegion,
) -> std::fmt::Result {
    let home = system.home();
    writeln!(
        page,
        "`{}` is lost; `{}` takes over. In this order, and not in another:\n",
        home.aws, to.aws
    )?;
    let mut step = 1;
    let mut next = |text: String| {
        step += 1;
        format!("{}. {text}", step - 1)
    };
    writeln!(
        page,
        "{}",
        next(format!(
            "Be sure that it is lost and not only out of your sight: look from {} and from a third place.",
            to.aws
        ))
    )?;
    writeln!(page, "{}", next(fence(system, home)))?;
    let databases = system.blueprint.databases.iter();
    for database in databases.filter(|database| database.node_counts.standby > 0) {
        writeln!(page, "{}", next(promote(system, database, home, to)))?;
    }
    for (name, service) in &system.blueprint.services {
        if let Some(instances) = &service.instances {
            let group = system.name_in(name.as_str(), to, limit::OTHER);
            writeln!(
                page,
                "{}",
                next(format!(
                    "Scale `{name}` out to what home had; the next apply leaves it so:\n\n   ```sh\n   aws autoscaling \
                     update-auto-scaling-group --region {} --auto-scaling-group-name {group} \\\n     --min-size {} \
                     --desired-capacity {}\n   ```\n",
                    to.aws, instances.home, instances.home
                ))
            )?;
        }
    }
    writeln!(
        page,
        "{}",
        next(format!(
            "Write to the database in {} and read it back. Only then:",
            to.aws
        ))
    )?;
    writeln!(page, "{}", next(turn(system, to, latch)))?;
    writeln!(page, "{}", next(look(system)))?;
    after(page, system, to)
}

/// What keeps the old region from taking writes.
fn fence(system: &AwsSystem<'_>, home: &AwsRegion) -> String {
    let mut text = format!(
        "Fence what still answers there, so that nothing is written to two places. When all of `{}` answers, the \
         switchover of the next step does it. Otherwise take its writers out:",
        home.aws
    );
    let mut commands = Vec::new();
    let serving = function::functions_in(system, home)
        .filter(|(_, function)| !function.routes.is_empty() || function.balancer.is_some());
    for (name, _) in serving {
        commands.push(format!(
            "aws lambda put-function-concurrency --region {} --function-name {} --reserved-concurrent-executions 0",
            home.aws,
            function::name_in(system, name.as_str(), home)
        ));
    }
    for (name, service) in &system.blueprint.services {
        if service.instances.is_some() {
            commands.push(format!(
                "aws autoscaling update-auto-scaling-group --region {} --auto-scaling-group-name {} --min-size 0 \
                 --desired-capacity 0",
                home.aws,
                system.name_in(name.as_str(), home, limit::OTHER)
            ));
        }
    }
    if commands.is_empty() {
        text.push_str(" stop what connects to its databases.");
        return text;
    }
    text.push_str("\n\n   ```sh\n");
    for command in commands {
        text.push_str("   ");
        text.push_str(&command);
        text.push('\n');
    }
    text.push_str("   ```\n");
    text
}

fn promote(
    system: &AwsSystem<'_>,
    database: &standfast_blueprint::DatabaseSpec,
    home: &AwsRegion,
    to: &AwsRegion,
) -> String {
    let name = &database.name;
    if !system.is_global(database) {
        return format!(
            "Promote the database `{name}`, which takes minutes and cannot be taken back; its writes of the last moments \
             may be lost, and the old one has to be made a replica anew:\n\n   ```sh\n   aws rds promote-read-replica \
             --region {} --db-instance-identifier {}\n   ```\n",
            to.aws,
            system.database_id(database, to)
        );
    }
    let target = format!(
        "\"$(terraform -chdir={} output -raw {}_cluster_arn_{})\"",
        to.aws,
        crate::system::name::identifier(name.as_str()),
        to.id(),
    );
    let global = system.global_cluster_id(database);
    format!(
        "Promote the database `{name}`. **Either**, while `{}` answers, lose nothing:\n\n   ```sh\n   \
         aws rds switchover-global-cluster --region {} --global-cluster-identifier {global} \\\n     \
         --target-db-cluster-identifier {target}\n   ```\n\n   **or**, when it does not, accept that what had not \
         arrived is lost:\n\n   ```sh\n   aws rds failover-global-cluster --region {} \
         --global-cluster-identifier {global} \\\n     --allow-data-loss --target-db-cluster-identifier {target}\n   ```\n",
        home.aws, home.aws, to.aws,
    )
}

/// Turning the latch: the new region is opened before the old one is closed, so that there is always one.
fn turn(system: &AwsSystem<'_>, to: &AwsRegion, latch: &AwsRegion) -> String {
    let mut text = "Turn the latch, which moves the names: the new region is opened before the old one is closed, and \
                    both are said for five minutes, so that no value is missed:\n\n   ```sh\n   for minute in 1 2 3 4 5; do\n"
        .to_owned();
    let others = system.data_regions().filter(|region| region.aws != to.aws);
    for (region, value) in std::iter::once((to, 1)).chain(others.map(|region| (region, 0))) {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "     aws cloudwatch put-metric-data --region {} --namespace {} --metric-name {} --dimensions \
             Region={},System={} --value {value}",
            latch.aws,
            latch::namespace(system),
            latch::METRIC,
            region.aws,
            system.full_name()
        );
    }
    text.push_str("     sleep 60\n   done\n   ```\n");
    text
}

/// How it is seen that names have moved.
fn look(system: &AwsSystem<'_>) -> String {
    let records = system.blueprint.names.records.iter();
    let hosts: Vec<String> = records
        .map(|(key, record)| format!("`dig +short {}`", crate::record::host(system, key, record)))
        .collect();
    if hosts.is_empty() {
        return "Lead clients to the new region.".to_owned();
    }
    format!(
        "Look: {} answers with the new region within two minutes and the time to live.",
        hosts.join(", ")
    )
}

/// What is left for later.
fn after(page: &mut String, system: &AwsSystem<'_>, to: &AwsRegion) -> std::fmt::Result {
    let bounded = |database: &&standfast_blueprint::DatabaseSpec| {
        database.durability == standfast_blueprint::Durability::Bounded
    };
    for database in global_databases(system).filter(bounded) {
        writeln!(
            page,
            "\nCommits of `{}` are bounded in the region it began in. Once the lost region follows again, bound them in \
             {} too, with `rds.global_db_rpo` in its group of settings; before that every commit would wait for a \
             follower that is not there.",
            database.name, to.aws
        )?;
    }
    let tags = system.blueprint.tags.iter();
    let roles: Vec<String> = tags
        .filter(|(_, value)| value.contains("{role}"))
        .map(|(tag, _)| format!("`{tag}`"))
        .collect();
    if !roles.is_empty() {
        writeln!(
            page,
            "\nExchange the values of the tag {} on the clusters and instances of both regions \
             (`aws rds add-tags-to-resource`); Terraform leaves them as they are.",
            roles.join(", ")
        )?;
    }
    let one_way = system.blueprint.buckets.iter().filter(|(_, bucket)| {
        let ways = bucket.replicate.as_ref().map(|replicate| replicate.ways);
        ways == Some(standfast_blueprint::Ways::One)
    });
    for (name, _) in one_way {
        writeln!(
            page,
            "\nObjects of `{name}` travel one way: what is written in {} has to be copied back before home serves again.",
            to.aws
        )?;
    }
    writeln!(page)
}

/// What is drilled where AWS itself moves a database between zones.
fn drill(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
    let home = system.home();
    for database in &system.blueprint.databases {
        if is_aurora(database.engine) || !database::is_multi_zone(home, database) {
            continue;
        }
        let id = system.database_id(database, home);
        writeln!(page, "\n## The drill of `{}`\n", database.name)?;
        writeln!(
            page,
            "AWS moves this database to the other zone by itself. Prove it under load, with a client that notes every \
             acknowledged write:\n\n```sh\naws rds reboot-db-instance --region {} --force-failover \
             --db-instance-identifier {id}\naws rds wait db-instance-available --region {} --db-instance-identifier \
             {id}\nterraform -chdir={} refresh && terraform -chdir={} output\n```\n",
            home.aws, home.aws, home.aws, home.aws
        )?;
        writeln!(
            page,
            "The zone in the outputs has changed; no acknowledged write is missing; the time between the last write \
             before and the first after is what the promise is measured against."
        )?;
    }
    Ok(())
}
