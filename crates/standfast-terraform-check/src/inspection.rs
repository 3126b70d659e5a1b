//! The check of one module, and through its calls of the modules below it.
//!
//! [`Checker`] holds what every part needs. Each part is an `impl` of it in a file of its own:
//!
//! - [`resource`]: resources, data sources and ephemeral resources, and the arguments that all of them have
//! - [`block`] and [`typing`]: a body against the schema, and a value against a type
//! - [`template`], [`resolution`] and [`walk`]: templates, what their references name, and what those names
//!   hold
//! - [`mark`]: ephemeral and sensitive values
//! - [`declaration`], [`call`] and [`settings`]: the other declarations

mod block;
mod call;
mod callee;
mod checker;
mod declaration;
mod document;
mod mark;
mod place;
mod resolution;
mod resource;
mod resource_name;
mod settings;
mod template;
mod typing;
mod walk;

use crate::declared::gather;
use crate::fault::Fault;
use crate::inspection::checker::{CallPosition, CheckScope, Checker, Findings};
use crate::inspection::mark::Marks;
use crate::module::Module;
use crate::schema::Schema;

/// Every fault of a module and the modules it calls, in order of file and address. A module in a folder
/// below that nothing calls is not checked.
pub fn check(module: &Module, schema: &Schema) -> Vec<Fault> {
    check_allowing(module, schema, &[])
}

/// Like [`check`], without the faults about the given deprecated attributes and blocks. They are named
/// as in `aws_s3_bucket.acl`, `aws_s3_bucket.versioning` or `data.aws_region.name`.
pub fn check_allowing(module: &Module, schema: &Schema, deprecated: &[&str]) -> Vec<Fault> {
    let shared = CheckScope {
        schema,
        deprecated,
        root: module,
    };
    let mut found = Findings::default();
    check_module(shared, &CallPosition::default(), module, &mut found);
    while let Some(position) = found.called.pop() {
        if let Some(called) = module.child(&position.folder) {
            check_module(shared, &position, called, &mut found);
        }
    }
    let mut faults = found.faults;
    faults.extend(found.graph.cycles());
    faults.sort();
    faults.dedup();
    faults
}

fn check_module(
    shared: CheckScope<'_>,
    position: &CallPosition,
    module: &Module,
    found: &mut Findings,
) {
    let (declared, faults) = gather(module);
    found.faults.extend(faults);
    let callees = callee::callees(shared.root, &position.folder, &declared);
    let marks = Marks::of(shared.schema, &declared, &callees);
    let mut checker = Checker {
        shared,
        position,
        declared: &declared,
        callees: &callees,
        marks: &marks,
        found,
    };
    checker.settings();
    checker.providers();
    checker.resources();
    checker.variables();
    checker.locals();
    checker.outputs();
    checker.checks();
    checker.refactorings();
    checker.calls();
}
