//! What the first names of a reference mean.

use crate::declared::{Item, Items};
use crate::expression::{Traversal, TraversalStep};
use crate::fault::suggestion;
use crate::inspection::checker::Checker;
use crate::inspection::place::{Own, Repeats, ValuePlace, repeats};
use crate::inspection::resource_name::named;
use crate::inspection::walk::{Shape, Walk, type_of_value};
use crate::types;

type Resolution<'a> = Result<Walk<'a>, String>;

impl<'a> Checker<'a> {
    /// Follows a reference through the declarations and the schema.
    ///
    /// # Errors
    ///
    /// A sentence about what it names that is not there.
    pub(super) fn resolve(&self, place: &ValuePlace, traversal: &Traversal) -> Resolution<'a> {
        let root = traversal.root.as_str();
        let (name, rest) = match traversal.steps.as_slice() {
            [TraversalStep::Attribute(name), rest @ ..] => (Some(name.as_str()), rest),
            steps => (None, steps),
        };
        match (root, name) {
            ("var", Some(name)) => {
                let item = find(&self.declared.variables, "var.", name)?;
                let kind = item
                    .get("type")
                    .and_then(|text| types::constraint(text.as_str()?).ok());
                let shape = kind.map_or(Shape::Unknown, Shape::Type);
                let address = format!("var.{name}");
                Ok(Walk::new(shape, &address, "")
                    .needing(address.clone())
                    .follow(rest)?)
            }
            ("local", Some(name)) => {
                let item = find(&self.declared.locals, "local.", name)?;
                let address = format!("local.{name}");
                let shape = Shape::Type(type_of_value(item.value));
                Ok(Walk::new(shape, &address, "")
                    .needing(address.clone())
                    .follow(rest)?)
            }
            ("module", Some(name)) => self.output(name, rest),
            ("path", Some("module" | "root" | "cwd"))
            | ("terraform", Some("workspace" | "applying")) => {
                Ok(Walk::new(Shape::Unknown, root, ""))
            }
            ("each", Some("key" | "value")) if place.repeats == Repeats::ForEach => {
                Ok(Walk::new(Shape::Unknown, root, ""))
            }
            ("each", Some("key" | "value")) => {
                Err("`each` stands where there is no for_each".to_owned())
            }
            ("count", Some("index")) if place.repeats == Repeats::Count => {
                Ok(Walk::new(Shape::Unknown, root, ""))
            }
            ("count", Some("index")) => {
                Err("`count.index` stands where there is no count".to_owned())
            }
            ("self", _) if place.own == Own::Named => Ok(Walk::new(Shape::Unknown, root, "")),
            ("self", _) => {
                Err("`self` stands outside a provisioner, connection or postcondition".to_owned())
            }
            ("var" | "local" | "module" | "path" | "terraform" | "each" | "count", _) => Err(
                format!("`{traversal}` names nothing: `{root}` has no such name"),
            ),
            _ => self.resource_named(place, traversal),
        }
    }

    fn output(&self, name: &str, rest: &[TraversalStep]) -> Resolution<'a> {
        let call = find(&self.declared.modules, "module.", name)?;
        let address = format!("module.{name}");
        let (rest, _) = instance(&address, repeats(call), rest)?;
        let (Some(callee), Some(TraversalStep::Attribute(output))) =
            (self.callees.get(name), rest.first())
        else {
            return Ok(Walk::new(Shape::Unknown, &address, "").needing(address.clone()));
        };
        if !callee.declared.outputs.contains_key(output.as_str()) {
            let near = suggestion(output, callee.declared.outputs.keys().copied());
            return Err(format!("`{address}` has no output `{output}`{near}"));
        }
        let needed = format!("{address}.output.{output}");
        Ok(Walk::new(Shape::Unknown, &address, "").needing(needed))
    }

    fn resource_named(&self, place: &ValuePlace, traversal: &Traversal) -> Resolution<'a> {
        let Some(named) = named(traversal) else {
            return Err(format!("unknown name `{traversal}`"));
        };
        let address = named.address();
        let key = (named.kind, named.type_name, named.name);
        let Some(item) = self.declared.resources.get(&key) else {
            let same_type = self.declared.resources.keys();
            let same_type = same_type
                .filter(|(kind, type_name, _)| (*kind, *type_name) == (key.0, key.1))
                .map(|(_, _, name)| *name);
            let near = suggestion(named.name, same_type);
            return Err(format!("`{address}` is not declared{near}"));
        };
        if place.owner == address {
            return Err(format!("`{address}` refers to itself"));
        }
        let (rest, instances) = instance(&address, repeats(item), named.rest)?;
        let block = self.shared.schema.block(named.kind, named.type_name);
        let shape = match (block, instances) {
            (Some(block), Instances::One | Instances::Spread) => Shape::Block(block),
            (_, Instances::All) | (None, _) => Shape::Unknown,
        };
        let schema_path = format!("{}{}", named.kind.prefix(), named.type_name);
        let walk = Walk::new(shape, &address, &schema_path).needing(address.clone());
        let walk = walk.follow(rest)?;
        Ok(if instances == Instances::Spread {
            walk.spread()
        } else {
            walk
        })
    }
}

/// How many instances of a repeated declaration a reference takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instances {
    One,
    /// By a splat: what follows is taken of each.
    Spread,
    /// The collection of all.
    All,
}

/// What follows the choice of an instance.
fn instance<'t>(
    address: &str,
    repeats: Repeats,
    rest: &'t [TraversalStep],
) -> Result<(&'t [TraversalStep], Instances), String> {
    match (repeats, rest) {
        (Repeats::Once, [TraversalStep::Index(_), ..]) => Err(format!(
            "`{address}` has neither count nor for_each: it has no index"
        )),
        (Repeats::Count | Repeats::ForEach, [TraversalStep::Index(_), rest @ ..])
        | (Repeats::Once, rest @ ([TraversalStep::Attribute(_), ..] | [])) => {
            Ok((rest, Instances::One))
        }
        (Repeats::Once | Repeats::Count, [TraversalStep::Splat, rest @ ..]) => {
            Ok((rest, Instances::Spread))
        }
        (Repeats::ForEach, [TraversalStep::Splat, ..]) => Err(format!(
            "`{address}` has for_each and so is a map: `values({address})[*]`, not a splat"
        )),
        (Repeats::Count | Repeats::ForEach, []) => Ok((rest, Instances::All)),
        (Repeats::Count | Repeats::ForEach, [TraversalStep::Attribute(name), ..]) => Err(format!(
            "`{address}` is repeated: it needs an index before `.{name}`"
        )),
    }
}

fn find<'a, 'i>(items: &'i Items<'a>, prefix: &str, name: &str) -> Result<&'i Item<'a>, String> {
    items.get(name).ok_or_else(|| {
        let near = suggestion(name, items.keys().copied());
        format!("`{prefix}{name}` is not declared{near}")
    })
}
