//! The modules that a module calls.

use std::collections::BTreeMap;

use crate::declared::{Declared, gather};
use crate::module::Module;

/// A module that is called.
pub(super) struct Callee<'a> {
    pub(super) folder: String,
    pub(super) declared: Declared<'a>,
}

/// The modules that a module calls, as far as they are there.
pub(super) fn callees<'a>(
    root: &'a Module,
    folder: &str,
    declared: &Declared<'a>,
) -> BTreeMap<&'a str, Callee<'a>> {
    let found = declared.modules.iter().filter_map(|(name, item)| {
        let folder = join(folder, item.get("source")?.as_str()?)?;
        let module = root.child(&folder)?;
        Some((
            *name,
            Callee {
                folder,
                declared: gather(module).0,
            },
        ))
    });
    found.collect()
}

/// The folder of a source like `./modules/region`, from the root module's. None for a source that is not a
/// folder below the root module's.
fn join(folder: &str, source: &str) -> Option<String> {
    if !source.starts_with("./") && !source.starts_with("../") {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
