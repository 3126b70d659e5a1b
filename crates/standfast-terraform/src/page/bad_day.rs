//! What an operator does when a region is lost: the steps, in an order that never lets two places be written to.

use std::fmt::Write as _;

use crate::kind::KINDS;
use crate::kind::record::host::host;
use crate::system::aws::AwsSystem;
use crate::system::latch::{METRIC, namespace};
use crate::system::region::AwsRegion;

/// Writes the chapter.
pub(crate) fn write(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
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
        "Nothing goes back by itself: when `{}` returns, its names stay closed and its databases follow. Go back \
         with the same steps the other way round, by a switchover. Do not edit records on the bad day: they are \
         changed through one region only, and that may be the lost one.\n",
        home.aws
    )?;
    writeln!(
        page,
        "After roles were swapped, `plan` shows nothing to undo: who follows whom, how many instances are wanted \
         and the tags of roles are left alone. An alarm on replication lag rings in the region that no longer follows; \
         it says that the system is not as the blueprint has it. Leave `home` in the blueprint as it is: it also says \
         which module the global cluster, the secret and the tables belong to, and `synth` refuses another one here.\n"
    )?;
    writeln!(
        page,
        "While us-east-1 is impaired, so is the control plane of IAM, in all regions: an apply that only has to \
         change something else goes through with `-refresh=false -target=ADDRESS`."
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
    let mut steps = vec![
        format!(
            "Be sure that it is lost and not only out of your sight: look from {} and from a third place.",
            to.aws
        ),
        fence(system, home),
    ];
    for kind in KINDS.all().filter_map(|kind| kind.as_explainable()) {
        steps.extend(kind.taking_over(system, home, to));
    }
    steps.push(format!(
        "Write to the database in {} and read it back. Only then:",
        to.aws
    ));
    steps.push(turn(system, to, latch));
    steps.push(look(system));
    for (index, step) in steps.iter().enumerate() {
        writeln!(page, "{}. {step}", index + 1)?;
    }
    for kind in KINDS.all().filter_map(|kind| kind.as_explainable()) {
        for paragraph in kind.afterwards(system, to) {
            writeln!(page, "\n{paragraph}")?;
        }
    }
    writeln!(page)
}

/// What keeps the old region from taking writes.
fn fence(system: &AwsSystem<'_>, home: &AwsRegion) -> String {
    let mut text = format!(
        "Fence what still answers there, so that nothing is written to two places. When all of `{}` answers, \
         the switchover of the next step does it. Otherwise take its writers out:",
        home.aws
    );
    let kinds = KINDS.all().filter_map(|kind| kind.as_explainable());
    let commands: Vec<String> = kinds.flat_map(|kind| kind.fencing(system, home)).collect();
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

/// Turning the latch: the new region is opened before the old one is closed, so that there is always one.
fn turn(system: &AwsSystem<'_>, to: &AwsRegion, latch: &AwsRegion) -> String {
    let mut text = "Turn the latch, which moves the names: the new region is opened before the old one is closed, \
                    and both are said for five minutes, so that no value is missed:\n\n   ```sh\n   \
                    for minute in 1 2 3 4 5; do\n"
        .to_owned();
    let others = system.data_regions().filter(|region| region.aws != to.aws);
    for (region, value) in std::iter::once((to, 1)).chain(others.map(|region| (region, 0))) {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "     aws cloudwatch put-metric-data --region {} --namespace {} --metric-name {} --dimensions \
             Region={},System={} --value {value}",
            latch.aws,
            namespace(system),
            METRIC,
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
        .map(|(key, record)| format!("`dig +short {}`", host(system, key, record)))
        .collect();
    if hosts.is_empty() {
        return "Lead clients to the new region.".to_owned();
    }
    format!(
        "Look: {} answers with the new region within two minutes and the time to live.",
        hosts.join(", ")
    )
}
