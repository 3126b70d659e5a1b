//! The page beside the modules: in which order they are applied, what goes in, what comes out, and what
//! an operator does on the bad day. What it tells of a kind of thing, that kind says itself.

mod bad_day;
pub(crate) mod order;

use std::fmt::Write as _;

use standfast_blueprint::{Class, Section};

use crate::kind::KINDS;
use crate::page::order::ApplyStep;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::{AwsSystem, GLOBAL};

/// What a module takes and tells.
pub(crate) struct Sheet {
    folder: String,
    variables: Vec<(String, String)>,
    outputs: Vec<(String, String)>,
}

impl Sheet {
    /// What a module takes and tells.
    pub(crate) fn of(folder: &str, module: &ModuleFiles) -> Self {
        Self {
            folder: folder.to_owned(),
            variables: module.described_variables(),
            outputs: module.described_outputs(),
        }
    }
}

/// The text of the page.
pub(crate) fn text(system: &AwsSystem<'_>, order: &[ApplyStep], sheets: &[Sheet]) -> String {
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
    bad_day::write(page, system)?;
    for kind in KINDS.all() {
        let Some(kind) = kind.as_explainable() else {
            continue;
        };
        for chapter in kind.drills(system) {
            writeln!(page, "\n{chapter}")?;
        }
    }
    Ok(())
}

/// The sections of which is told first, in this order; of others after the state.
const TOLD_FIRST: [Section; 3] = [Section::Functions, Section::Services, Section::Databases];

fn before(page: &mut String, system: &AwsSystem<'_>) -> std::fmt::Result {
    writeln!(page, "\n## Before the first apply\n")?;
    for section in TOLD_FIRST {
        told_before(page, system, section)?;
    }
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
    let others = KINDS.sections.iter();
    for &section in others.filter(|section| !TOLD_FIRST.contains(section)) {
        told_before(page, system, section)?;
    }
    if !system.blueprint.notify.email.is_empty() {
        writeln!(
            page,
            "- Everybody who is told by mail has to confirm it, once for each region."
        )?;
    }
    Ok(())
}

fn told_before(page: &mut String, system: &AwsSystem<'_>, section: Section) -> std::fmt::Result {
    let Some(kind) = KINDS.of(section).as_explainable() else {
        return Ok(());
    };
    for item in kind.before(system) {
        writeln!(page, "- {item}")?;
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
