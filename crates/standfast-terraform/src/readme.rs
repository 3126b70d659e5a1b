//! The page beside the modules: in which order they are applied, what goes in, what comes out, and what
//! an operator does on the bad day.

use std::fmt::Write as _;

use standfast_blueprint::{Class, RegionKind, SecretReference};

use crate::database;
use crate::module::Module;
use crate::plan::{Place, Plan, is_aurora};
use crate::rights::global_databases;
use crate::root::GLOBAL;
use crate::{Step, latch};

/// What a module takes and tells.
pub(crate) struct Sheet {
    folder: String,
    variables: Vec<(String, String)>,
    outputs: Vec<(String, String)>,
}

impl Sheet {
    pub(crate) fn of(folder: &str, module: &Module) -> Self {
        Self {
            folder: folder.to_owned(),
            variables: module.described("variables", "variable"),
            outputs: module.described("outputs", "output"),
        }
    }
}

/// The order in which modules are applied.
pub(crate) fn order(plan: &Plan<'_>) -> Vec<Step> {
    let mut order: Vec<Step> = plan
        .order()
        .into_iter()
        .map(|place| Step {
            folder: place.aws.clone(),
            why: match place.kind {
                RegionKind::Home => "the home region: databases begin here",
                RegionKind::Standby => "stands by: its databases follow those of the home region",
                RegionKind::Witness => "the witness: no data, the alarms that names follow",
            },
        })
        .collect();
    if crate::spans(plan) {
        order.push(Step {
            folder: GLOBAL.to_owned(),
            why: "what spans regions: names, checks, replication between buckets and tables",
        });
    }
    order
}

pub(crate) fn write(plan: &Plan<'_>, order: &[Step], sheets: &[Sheet]) -> String {
    let mut page = String::new();
    // Writing to a text cannot fail.
    let _ = sections(&mut page, plan, order, sheets);
    page
}

fn sections(
    page: &mut String,
    plan: &Plan<'_>,
    order: &[Step],
    sheets: &[Sheet],
) -> std::fmt::Result {
    let blueprint = plan.blueprint;
    writeln!(page, "# {}\n", plan.system())?;
    writeln!(
        page,
        "Terraform (or OpenTofu, 1.11 and later of either) for the system `{}`, synthesized by Standfast. \
         Do not edit these files: change the blueprint and synthesize again.\n",
        plan.system()
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
        "A region's module needs no other region to be there: while one is lost, the others can be planned \
         and applied. Only `{GLOBAL}` looks into all of them."
    )?;
    if blueprint.class == Class::Ephemeral {
        writeln!(
            page,
            "\nThis system is `ephemeral`: nothing is protected from deletion and no final snapshot is made."
        )?;
    }
    before(page, plan)?;
    tables(page, sheets)?;
    bad_day(page, plan)?;
    drill(page, plan)
}

fn before(page: &mut String, plan: &Plan<'_>) -> std::fmt::Result {
    writeln!(page, "\n## Before the first apply\n")?;
    let functions = &plan.blueprint.functions;
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
    credentials(page, plan)?;
    if let Some(state) = &plan.blueprint.state {
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
    if !plan.blueprint.names.records.is_empty() && plan.blueprint.names.zone_id.is_none() {
        writeln!(
            page,
            "- The zone `{}` is created by `{GLOBAL}`. Enter its name servers (output `name_servers`) where \
             the parent zone is kept, while the apply waits for certificates.",
            plan.blueprint.names.zone
        )?;
    }
    if !plan.blueprint.notify.email.is_empty() {
        writeln!(
            page,
            "- Everybody who is told by mail has to confirm it, once for each region."
        )?;
    }
    Ok(())
}

fn credentials(page: &mut String, plan: &Plan<'_>) -> std::fmt::Result {
    for database in &plan.blueprint.databases {
        let name = plan.secret_name(database);
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

fn bad_day(page: &mut String, plan: &Plan<'_>) -> std::fmt::Result {
    let Some(latch) = plan.latch_place() else {
        return Ok(());
    };
    writeln!(page, "\n## On the bad day\n")?;
    let home = plan.home();
    for to in plan.standbys() {
        take_over(page, plan, to, latch)?;
    }
    writeln!(
        page,
        "Nothing goes back by itself: when `{}` returns, its names stay closed and its databases follow. Go back \
         with a planned switchover (`aws rds switchover-global-cluster`), then turn the latch. Do not edit records \
         on the bad day: they are changed through one region only, and that may be the lost one.\n",
        home.aws
    )?;
    writeln!(
        page,
        "After roles were swapped, `plan` shows nothing to undo: who follows whom, how many instances are wanted and \
         the tags of roles are left alone. An alarm on replication lag rings in the region that no longer follows; \
         it says that the system is not as the blueprint has it."
    )
}

/// What leads from the loss of home to a region that stands by.
fn take_over(page: &mut String, plan: &Plan<'_>, to: &Place, latch: &Place) -> std::fmt::Result {
    let (home, system) = (plan.home(), plan.system());
    writeln!(
        page,
        "`{}` is lost; `{}` takes over. In this order, and not in another:\n",
        home.aws, to.aws
    )?;
    writeln!(
        page,
        "1. Make sure that it is lost and not only out of your sight: look from {} and from a third place.",
        to.aws
    )?;
    let mut step = 2;
    for database in global_databases(plan) {
        promote(page, plan, database, home, to, step)?;
        step += 1;
    }
    if plan
        .blueprint
        .services
        .values()
        .any(|service| service.instances.is_some())
    {
        writeln!(
            page,
            "{step}. Scale out: `aws autoscaling set-desired-capacity --region {} …` to what home had; the next \
             apply leaves it so.",
            to.aws
        )?;
        step += 1;
    }
    writeln!(
        page,
        "{step}. Write to the database in {} and read it back. Only then:",
        to.aws
    )?;
    step += 1;
    writeln!(
        page,
        "{step}. Turn the latch, which moves the names (within about two minutes):\n"
    )?;
    writeln!(page, "   ```sh")?;
    for (place, value) in plan
        .data_places()
        .map(|place| (place, i32::from(place.aws == to.aws)))
    {
        writeln!(
            page,
            "   aws cloudwatch put-metric-data --region {} --namespace {} --metric-name {} --dimensions \
             Region={},System={system} --value {value}",
            latch.aws,
            latch::NAMESPACE,
            latch::METRIC,
            place.aws
        )?;
    }
    writeln!(page, "   ```\n")?;
    Ok(())
}

fn promote(
    page: &mut String,
    plan: &Plan<'_>,
    database: &standfast_blueprint::DatabaseSpec,
    home: &Place,
    to: &Place,
    step: u32,
) -> std::fmt::Result {
    writeln!(
        page,
        "{step}. Promote the database `{}`. While `{}` answers, lose nothing with `switchover-global-cluster`; \
         otherwise accept what had not arrived:\n",
        database.name, home.aws
    )?;
    writeln!(
        page,
        "   ```sh\n   aws rds failover-global-cluster --region {} --global-cluster-identifier {} \\\n     \
         --allow-data-loss --target-db-cluster-identifier \"$(terraform -chdir={} output -raw {}_cluster_arn_{})\"\n   ```\n",
        to.aws,
        plan.global_cluster_id(database),
        to.aws,
        crate::name::identifier(database.name.as_str()),
        to.id(),
    )
}

/// What is drilled where AWS itself moves a database between zones.
fn drill(page: &mut String, plan: &Plan<'_>) -> std::fmt::Result {
    let home = plan.home();
    for database in &plan.blueprint.databases {
        if is_aurora(database.engine) || !database::is_multi_zone(home, database) {
            continue;
        }
        let id = plan.database_id(database, home);
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
