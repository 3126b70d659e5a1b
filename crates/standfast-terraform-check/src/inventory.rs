//! What a module holds, for tests that ask about more than faults.

use serde_json::Value;

use crate::declared::gather;
use crate::expression::visit::{self, Found};
use crate::expression::{Expression, parse_expression, parse_template};
use crate::module::{Module, labelled};
use crate::schema::Kind;

/// A resource, data source or ephemeral resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource<'a> {
    /// The file that it stands in.
    pub file: &'a str,
    /// Its address in its module, like `data.aws_region.current`.
    pub address: String,
    /// What is declared.
    pub kind: Kind,
    /// Its type.
    pub type_name: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its body.
    pub value: &'a Value,
}

/// A place that reads a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModuleReference {
    /// The file that it stands in.
    pub file: String,
    /// The path of the string that holds it, from the root of the file.
    pub path: String,
    /// What is read, like `aws_subnet.main[0].id`.
    pub target: String,
}

/// The resources, data sources and ephemeral resources of a module, without those of the modules below
/// it, in order of kind, type and name. Of two with one address, the first.
pub fn resources(module: &Module) -> impl Iterator<Item = Resource<'_>> {
    let (declared, _) = gather(module);
    declared
        .resources
        .into_iter()
        .map(|((kind, type_name, name), item)| Resource {
            file: item.file,
            address: format!("{}{type_name}.{name}", kind.prefix()),
            kind,
            type_name,
            name,
            value: item.value,
        })
}

/// Every reference in the expressions of a module, without the modules below it, and every entry of a
/// `depends_on`, `replace_triggered_by` or `providers`, in order of file and path. Strings that are not
/// templates are passed over.
pub fn references(module: &Module) -> Vec<ModuleReference> {
    let mut references = Vec::new();
    for (file, value) in module.files() {
        let mut lister = Lister {
            file,
            references: &mut references,
        };
        for (key, value) in labelled(value) {
            lister.value(key, key, value);
        }
    }
    references
}

struct Lister<'a> {
    file: &'a str,
    references: &'a mut Vec<ModuleReference>,
}

impl Lister<'_> {
    fn value(&mut self, path: &str, key: &str, value: &Value) {
        match value {
            Value::String(text) if is_address(key) => {
                if let Ok(Expression::Traversal(traversal)) = parse_expression(text) {
                    self.push(path, traversal.to_string());
                }
            }
            Value::String(text) => self.template(path, text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{path}[{index}]"), key, item);
                }
            }
            Value::Object(object) => {
                for (name, value) in object.iter().filter(|(name, _)| *name != "//") {
                    let path = format!("{path}.{name}");
                    self.template(&path, name);
                    self.value(&path, if key == "providers" { key } else { name }, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn template(&mut self, path: &str, text: &str) {
        let Ok(parts) = parse_template(text) else {
            return;
        };
        visit::parts(&parts, &[], &mut |found, _| {
            if let Found::Read(traversal) = found {
                self.push(path, traversal.to_string());
            }
        });
    }

    fn push(&mut self, path: &str, target: String) {
        let (file, path) = (self.file.to_owned(), path.to_owned());
        self.references.push(ModuleReference { file, path, target });
    }
}

/// Whether a key holds addresses without `${`.
fn is_address(key: &str) -> bool {
    matches!(key, "depends_on" | "replace_triggered_by" | "providers")
}
