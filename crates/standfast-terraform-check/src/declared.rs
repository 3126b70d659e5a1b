//! What a module declares, gathered from all its files.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::expression::is_name;
use crate::fault::{Fault, suggestion};
use crate::module::{COMMENT_AS_LABEL, Module, entries, has_comment, labelled, objects};
use crate::schema::Kind;

const TOP: [&str; 13] = [
    "check",
    "data",
    "ephemeral",
    "import",
    "locals",
    "module",
    "moved",
    "output",
    "provider",
    "removed",
    "resource",
    "terraform",
    "variable",
];

/// A declaration: where it stands and what it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) file: &'a str,
    pub(crate) value: &'a Value,
}

impl<'a> Item<'a> {
    /// The body; of the wrong kinds of value only a local has one, and it is not read as a body.
    pub(crate) fn body(&self) -> Option<&'a Map<String, Value>> {
        objects(self.value).into_iter().next()
    }

    /// An argument of the body.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.body().and_then(|body| body.get(name))
    }

    /// Whether an argument of the body is literally true.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }
}

/// Declarations by name.
pub(crate) type Items<'a> = BTreeMap<&'a str, Item<'a>>;

/// Everything that a module declares.
#[derive(Debug, Default)]
pub(crate) struct Declared<'a> {
    pub(crate) resources: BTreeMap<(Kind, &'a str, &'a str), Item<'a>>,
    pub(crate) variables: Items<'a>,
    pub(crate) outputs: Items<'a>,
    pub(crate) locals: Items<'a>,
    pub(crate) modules: Items<'a>,
    pub(crate) checks: Items<'a>,
    /// By `aws` or `aws.alias`.
    pub(crate) providers: BTreeMap<String, Item<'a>>,
    /// Provider configurations that the caller must pass, like `aws.peer`.
    pub(crate) passed: BTreeMap<&'a str, &'a str>,
    pub(crate) required: Items<'a>,
    /// `terraform` blocks.
    pub(crate) settings: Vec<Item<'a>>,
    /// `moved`, `import` and `removed` blocks, with their word.
    pub(crate) refactorings: Vec<(&'static str, Item<'a>)>,
}

/// Gathers the declarations of a module and the faults of their outermost levels.
pub(crate) fn gather(module: &Module) -> (Declared<'_>, Vec<Fault>) {
    let mut gatherer = Gatherer {
        declared: Declared::default(),
        faults: Vec::new(),
    };
    for (file, path) in module.duplicates() {
        gatherer.fault(file, "", format!("the key `{path}` is given twice"));
    }
    for (file, value) in module.files() {
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            gatherer.fault(file, "", "the root must be an object");
        }
        for (key, value) in labelled(value) {
            gatherer.top(file, key, value);
        }
    }
    (gatherer.declared, gatherer.faults)
}

/// One of the tables of declarations.
type ItemTable<'a> = for<'d> fn(&'d mut Declared<'a>) -> &'d mut Items<'a>;

struct Gatherer<'a> {
    declared: Declared<'a>,
    faults: Vec<Fault>,
}

impl<'a> Gatherer<'a> {
    fn fault(&mut self, file: &str, address: &str, message: impl Into<String>) {
        let (file, address) = (file.to_owned(), address.to_owned());
        self.faults.push(Fault {
            file,
            address,
            message: message.into(),
        });
    }

    fn top(&mut self, file: &'a str, key: &'a str, value: &'a Value) {
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            return self.fault(file, key, "must be an object or an array of objects");
        }
        match key {
            "resource" => self.typed(Kind::Managed, file, value),
            "data" => self.typed(Kind::Data, file, value),
            "ephemeral" => self.typed(Kind::Ephemeral, file, value),
            "variable" => self.named("var.", |declared| &mut declared.variables, file, value),
            "output" => self.named("output.", |declared| &mut declared.outputs, file, value),
            "module" => self.named("module.", |declared| &mut declared.modules, file, value),
            "check" => self.named("check.", |declared| &mut declared.checks, file, value),
            "locals" => {
                for (name, value) in labelled(value) {
                    let address = format!("local.{name}");
                    self.declare(
                        |declared| &mut declared.locals,
                        &address,
                        name,
                        Item { file, value },
                    );
                }
            }
            "provider" => self.provider(file, value),
            "terraform" => self.settings(file, value),
            "moved" => self.refactorings("moved", file, value),
            "import" => self.refactorings("import", file, value),
            "removed" => self.refactorings("removed", file, value),
            _ => {
                self.fault(
                    file,
                    "",
                    format!("unknown property `{key}`{}", suggestion(key, TOP)),
                );
            }
        }
    }

    /// The entries of a level of labels.
    fn labels(
        &mut self,
        file: &str,
        address: &str,
        value: &'a Value,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        if has_comment(value) {
            self.fault(file, address, COMMENT_AS_LABEL);
        }
        labelled(value)
    }

    fn typed(&mut self, kind: Kind, file: &'a str, value: &'a Value) {
        for (type_name, named) in self.labels(file, kind.noun(), value) {
            let address = format!("{}{type_name}", kind.prefix());
            if objects(named).is_empty() {
                self.fault(file, &address, "must be an object of named blocks");
            }
            for (name, body) in self.labels(file, &address, named) {
                let address = format!("{address}.{name}");
                if !self.one(file, &address, body) || !self.is_named(file, &address, name) {
                    continue;
                }
                let key = (kind, type_name, name);
                match self.declared.resources.get(&key) {
                    Some(first) => {
                        let message = format!("declared twice (first in {})", first.file);
                        self.fault(file, &address, message);
                    }
                    None => {
                        self.declared
                            .resources
                            .insert(key, Item { file, value: body });
                    }
                }
            }
        }
    }

    fn named(&mut self, prefix: &str, table: ItemTable<'a>, file: &'a str, value: &'a Value) {
        for (name, body) in self.labels(file, prefix.trim_end_matches('.'), value) {
            let address = format!("{prefix}{name}");
            if self.one(file, &address, body) {
                self.declare(table, &address, name, Item { file, value: body });
            }
        }
    }

    fn declare(&mut self, table: ItemTable<'a>, address: &str, name: &'a str, item: Item<'a>) {
        if !self.is_named(item.file, address, name) {
            return;
        }
        let table = table(&mut self.declared);
        match table.get(name) {
            Some(first) => {
                let message = format!("declared twice (first in {})", first.file);
                self.fault(item.file, address, message);
            }
            None => {
                table.insert(name, item);
            }
        }
    }

    /// Whether a body is exactly one object.
    fn one(&mut self, file: &str, address: &str, body: &Value) -> bool {
        let one = objects(body).len() == 1;
        if !one {
            self.fault(file, address, "must be one object");
        }
        one
    }

    fn is_named(&mut self, file: &str, address: &str, name: &str) -> bool {
        let named = is_name(name);
        if !named {
            self.fault(
                file,
                address,
                "a name has only letters, digits, `_` and `-`, and starts with a letter or `_`",
            );
        }
        named
    }

    fn provider(&mut self, file: &'a str, value: &'a Value) {
        for (name, bodies) in self.labels(file, "provider", value) {
            let bodies = match bodies {
                Value::Array(bodies) => bodies.iter().collect(),
                body => vec![body],
            };
            for body in bodies {
                let address = format!("provider.{name}");
                if !self.one(file, &address, body) {
                    continue;
                }
                let key = match body.get("alias") {
                    None => name.to_owned(),
                    Some(Value::String(alias)) if is_name(alias) => format!("{name}.{alias}"),
                    Some(alias) => {
                        self.fault(file, &address, format!("the alias {alias} is not a name"));
                        continue;
                    }
                };
                match self.declared.providers.get(&key) {
                    Some(first) => {
                        let message = format!("declared twice (first in {})", first.file);
                        self.fault(file, &format!("provider.{key}"), message);
                    }
                    None => {
                        self.declared
                            .providers
                            .insert(key, Item { file, value: body });
                    }
                }
            }
        }
    }

    fn settings(&mut self, file: &'a str, value: &'a Value) {
        let bodies = match value {
            Value::Array(bodies) => bodies.iter().collect(),
            body => vec![body],
        };
        for value in bodies {
            self.declared.settings.push(Item { file, value });
            let required = value
                .get("required_providers")
                .map(objects)
                .unwrap_or_default();
            for (name, value) in required.into_iter().flat_map(entries) {
                let address = format!("required_providers.{name}");
                self.declare(
                    |declared| &mut declared.required,
                    &address,
                    name,
                    Item { file, value },
                );
                let aliases = value.get("configuration_aliases").and_then(Value::as_array);
                for alias in aliases.into_iter().flatten().filter_map(Value::as_str) {
                    self.declared.passed.insert(alias, file);
                }
            }
        }
    }

    fn refactorings(&mut self, word: &'static str, file: &'a str, value: &'a Value) {
        let bodies = match value {
            Value::Array(bodies) => bodies.iter().collect(),
            body => vec![body],
        };
        for value in bodies {
            self.declared
                .refactorings
                .push((word, Item { file, value }));
        }
    }
}
