//! Resources, data sources and ephemeral resources, and the arguments that all of them have.

use serde_json::{Map, Value};

use crate::declared::Item;
use crate::expression::visit::{self, Found};
use crate::expression::{
    Expression, Traversal, TraversalStep, parse_expression, parse_template, whole,
};
use crate::fault::suggestion;
use crate::inspection::checker::Checker;
use crate::inspection::mark::Mark;
use crate::inspection::place::{Ephemeral, Own, ValuePlace};
use crate::inspection::resource_name::named;
use crate::module::{entries, objects};
use crate::schema::{Block, Kind};

const META: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

impl Checker<'_> {
    pub(super) fn resources(&mut self) {
        let declared = self.declared;
        for ((kind, type_name, name), item) in &declared.resources {
            let address = format!("{}{type_name}.{name}", kind.prefix());
            let place = ValuePlace::new(item.file, address);
            let Some(body) = item.body() else { continue };
            self.repetition(&place, item);
            let place = place.repeated(item);
            self.provider_argument(&place, body, type_name);
            self.depends_on(&place, body.get("depends_on"));
            let schema = self.shared.schema;
            let block = schema.block(*kind, type_name);
            if let Some(block) = block {
                let arguments = without_meta(*kind, body);
                let schema_path = format!("{}{type_name}", kind.prefix());
                let inside = match kind {
                    Kind::Ephemeral => place.accepting(Ephemeral::Accepted),
                    Kind::Managed | Kind::Data => place.clone(),
                };
                self.body(&inside, &schema_path, &arguments, block);
            } else {
                let near = suggestion(type_name, schema.type_names(*kind));
                let noun = kind.noun();
                let message = format!(
                    "unknown {noun} type `{type_name}`{near} (known are those of schema/types.txt)"
                );
                self.fault(&place, message);
            }
            self.lifecycle(&place, *kind, body, block);
            if *kind == Kind::Managed {
                self.provisioners(&place, body);
            }
        }
    }

    /// Checks `count` and `for_each`, of a resource or of a module call.
    pub(super) fn repetition(&mut self, place: &ValuePlace, item: &Item<'_>) {
        let (count, for_each) = (item.get("count"), item.get("for_each"));
        if count.is_some() && for_each.is_some() {
            self.fault(place, "count and for_each exclude each other");
        }
        if let Some(value) = count {
            let place = place.below("count");
            self.values(&place, value);
            let fits = match value {
                Value::Number(number) => number.as_u64().is_some(),
                Value::String(text) => is_expression(text),
                _ => false,
            };
            if !fits {
                self.fault(&place, "must be a whole number or one expression");
            }
        }
        if let Some(value) = for_each {
            let place = place.below("for_each");
            self.values(&place, value);
            let fits = match value {
                Value::Object(_) => true,
                Value::String(text) => is_expression(text),
                _ => false,
            };
            if !fits {
                self.fault(
                    &place,
                    "must be an object or one expression that gives a map or a set",
                );
            }
            if self.marks.reach(Mark::Sensitive, value) {
                self.fault(&place, "a sensitive value cannot name instances");
            }
        }
    }

    fn provider_argument(
        &mut self,
        place: &ValuePlace,
        body: &Map<String, Value>,
        type_name: &str,
    ) {
        let provider = type_name.split('_').next().unwrap_or(type_name);
        if provider == "terraform" {
            return;
        }
        let wanted = match body.get("provider") {
            None => provider,
            Some(Value::String(text)) if text.split('.').next() == Some(provider) => text,
            Some(other) => {
                let message = format!("must be `{provider}` or `{provider}.ALIAS`, not {other}");
                return self.fault(&place.below("provider"), message);
            }
        };
        self.provider_named(place, wanted);
        self.needs(place, &format!("provider.{wanted}"));
    }

    /// Checks that a provider configuration can be used here.
    pub(super) fn provider_named(&mut self, place: &ValuePlace, wanted: &str) {
        if self.declared.providers.contains_key(wanted) || self.position.providers.contains(wanted)
        {
            return;
        }
        let message = if wanted.contains('.') {
            let known = self
                .declared
                .providers
                .keys()
                .chain(&self.position.providers);
            let near = suggestion(wanted, known.map(String::as_str));
            format!("unknown provider configuration `{wanted}`{near}")
        } else {
            format!("no provider is named, and `{wanted}` has no configuration without an alias")
        };
        self.fault(place, message);
    }

    /// Checks a list of references to whole objects.
    pub(super) fn depends_on(&mut self, place: &ValuePlace, value: Option<&Value>) {
        // An order of things stores nothing of them.
        let place = place.below("depends_on").accepting(Ephemeral::Accepted);
        for (place, traversal) in self.addresses(&place, value) {
            let whole = match traversal.root.as_str() {
                "module" => traversal.steps.len() == 1,
                _ => named(&traversal)
                    .is_some_and(|named| matches!(named.rest, [] | [TraversalStep::Index(_)])),
            };
            if whole {
                self.expression(&place, &Expression::Traversal(traversal));
            } else {
                self.fault(
                    &place,
                    format!("`{traversal}` is not a whole resource or module"),
                );
            }
        }
    }

    /// The references of a list of addresses, which are written without `${`.
    fn addresses(
        &mut self,
        place: &ValuePlace,
        value: Option<&Value>,
    ) -> Vec<(ValuePlace, Traversal)> {
        let items = match value {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.fault(place, "must be an array of references");
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = place.element(index);
            match item.as_str().map(parse_expression) {
                Some(Ok(Expression::Traversal(traversal))) => found.push((place, traversal)),
                _ => self.fault(&place, format!("{item} is not a reference")),
            }
        }
        found
    }

    fn lifecycle(
        &mut self,
        place: &ValuePlace,
        kind: Kind,
        body: &Map<String, Value>,
        block: Option<&Block>,
    ) {
        let Some(value) = body.get("lifecycle") else {
            return;
        };
        let place = place.below("lifecycle");
        let names: &[&str] = match kind {
            Kind::Managed => &[
                "create_before_destroy",
                "prevent_destroy",
                "ignore_changes",
                "replace_triggered_by",
                "precondition",
                "postcondition",
            ],
            Kind::Data | Kind::Ephemeral => &["precondition", "postcondition"],
        };
        if objects(value).is_empty() {
            self.fault(&place, "must be an object");
        }
        for object in objects(value) {
            for (name, value) in self.known(&place, object, names) {
                let below = place.below(name);
                match name {
                    "ignore_changes" => self.ignore_changes(&below, value, block),
                    "replace_triggered_by" => {
                        for (place, traversal) in self.addresses(&below, Some(value)) {
                            self.trigger(&place, traversal);
                        }
                    }
                    "precondition" => self.conditions(&below, value, None),
                    "postcondition" => {
                        let own = ValuePlace {
                            own: Own::Named,
                            ..below
                        };
                        self.conditions(&own, value, None);
                    }
                    _ if value.is_boolean() => {}
                    _ => self.fault(&below, "must be true or false"),
                }
            }
        }
    }

    fn ignore_changes(&mut self, place: &ValuePlace, value: &Value, block: Option<&Block>) {
        if value == "all" {
            return;
        }
        for (place, traversal) in self.addresses(place, Some(value)) {
            let root = traversal.root.as_str();
            if let Some(block) = block.filter(|block| block.names().all(|name| name != root)) {
                let near = suggestion(root, block.names());
                self.fault(&place, format!("there is no argument `{root}`{near}"));
            }
        }
    }

    fn trigger(&mut self, place: &ValuePlace, traversal: Traversal) {
        if named(&traversal).is_some_and(|named| named.kind == Kind::Managed) {
            self.expression(place, &Expression::Traversal(traversal));
        } else {
            self.fault(place, format!("`{traversal}` is not a resource"));
        }
    }

    /// Checks blocks of a condition and the message for when it does not hold. The condition may read an
    /// ephemeral value; the message would show it. A condition that reads nothing, or not the variable
    /// whose rule it is, would check nothing.
    pub(super) fn conditions(&mut self, place: &ValuePlace, value: &Value, variable: Option<&str>) {
        for object in objects(value) {
            self.known(place, object, &["condition", "error_message"]);
            self.required(place, object, &["condition", "error_message"]);
            for (name, value) in entries(object) {
                let accepts = match name {
                    "condition" => Ephemeral::Accepted,
                    _ => Ephemeral::Refused,
                };
                let below = place.below(name).accepting(accepts);
                self.values(&below, value);
                if name == "condition" && !reads(value, variable) {
                    let what = variable.map_or("something".to_owned(), |name| format!("`{name}`"));
                    self.fault(
                        &below,
                        format!("must refer to {what}, or it checks nothing"),
                    );
                }
            }
        }
    }

    fn provisioners(&mut self, place: &ValuePlace, body: &Map<String, Value>) {
        for name in ["provisioner", "connection"] {
            let inside = ValuePlace {
                own: Own::Named,
                ephemeral: Ephemeral::Accepted,
                ..place.below(name)
            };
            if let Some(value) = body.get(name) {
                if name == "provisioner" {
                    self.no_comment(&inside, value);
                }
                self.values(&inside, value);
            }
        }
    }
}

/// Whether a text is one expression, so that it may be of any type.
pub(super) fn is_expression(text: &str) -> bool {
    parse_template(text).is_ok_and(|parts| whole(&parts).is_some())
}

/// Whether a template reads the named variable, or anything when none is named.
fn reads(value: &Value, variable: Option<&str>) -> bool {
    let Some(Ok(parts)) = value.as_str().map(parse_template) else {
        return false;
    };
    let mut read = false;
    visit::parts(&parts, &[], &mut |found, _| {
        if let Found::Read(traversal) = found {
            let text = traversal.to_string();
            read |= variable.is_none_or(|name| {
                let rest = text.strip_prefix(name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            });
        }
    });
    read
}

/// The arguments that the schema knows. Only a resource has provisioners and a connection.
fn without_meta(kind: Kind, body: &Map<String, Value>) -> Map<String, Value> {
    let is_meta = |name: &str| match name {
        "connection" | "provisioner" => kind == Kind::Managed,
        name => META.contains(&name),
    };
    body.iter()
        .filter(|(name, _)| !is_meta(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
