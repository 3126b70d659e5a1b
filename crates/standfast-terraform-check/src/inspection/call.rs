//! Calls of modules in folders.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::declared::Item;
use crate::fault::suggestion;
use crate::inspection::callee::Callee;
use crate::inspection::checker::{CallPosition, Checker};
use crate::inspection::place::{Ephemeral, ValuePlace, is_single};
use crate::module::entries;
use crate::types;

const ARGUMENTS: [&str; 6] = [
    "count",
    "depends_on",
    "for_each",
    "providers",
    "source",
    "version",
];

impl Checker<'_> {
    pub(super) fn calls(&mut self) {
        let (declared, callees) = (self.declared, self.callees);
        for (name, item) in &declared.modules {
            let place = ValuePlace::new(item.file, format!("module.{name}"));
            let Some(body) = item.body() else { continue };
            self.required(&place, body, &["source"]);
            let delayed = ValuePlace {
                owner: format!("{} (call)", place.address),
                ..place.clone()
            };
            self.repetition(&delayed, item);
            self.depends_on(&delayed, body.get("depends_on"));
            match (
                callees.get(name),
                body.get("source").and_then(Value::as_str),
            ) {
                (Some(callee), _) => self.called(&place, item, callee),
                (None, Some(source)) if source.starts_with('.') => {
                    self.fault(&place, format!("there is no *.tf.json file in `{source}`"));
                }
                (None, Some(source)) => {
                    self.fault(
                        &place,
                        format!("`{source}` is not a folder, and cannot be checked"),
                    );
                }
                (None, None) => {}
            }
        }
    }

    fn called(&mut self, place: &ValuePlace, item: &Item<'_>, callee: &Callee<'_>) {
        let Some(body) = item.body() else { return };
        if body.contains_key("version") {
            self.fault(place, "a module in a folder has no version");
        }
        self.arguments(&place.clone().repeated(item), body, callee);
        let providers = self.passed(place, body, callee);
        let repeated = !is_single(item) || body.contains_key("depends_on");
        if repeated && !callee.declared.providers.is_empty() {
            self.fault(
                place,
                "a module with provider blocks of its own takes no count, for_each or depends_on",
            );
        }
        let around = [
            self.position.around.as_slice(),
            std::slice::from_ref(&self.position.folder),
        ]
        .concat();
        if around.contains(&callee.folder) {
            return self.fault(place, format!("`{}` calls itself", callee.folder));
        }
        self.connect(place, callee);
        self.found.called.push(CallPosition {
            folder: callee.folder.clone(),
            prefix: format!("{}{}.", self.position.prefix, place.address),
            around,
            providers,
        });
    }

    /// Checks the arguments against the variables.
    fn arguments(&mut self, place: &ValuePlace, body: &Map<String, Value>, callee: &Callee<'_>) {
        let variables = &callee.declared.variables;
        for (name, item) in variables {
            if item.get("default").is_none() && !body.contains_key(*name) {
                self.fault(place, format!("missing required argument `{name}`"));
            }
        }
        for (name, value) in entries(body).filter(|(name, _)| !ARGUMENTS.contains(name)) {
            let Some(item) = variables.get(name) else {
                let near = suggestion(name, variables.keys().copied());
                self.fault(place, format!("unknown argument `{name}`{near}"));
                continue;
            };
            let accepts = if item.says("ephemeral") {
                Ephemeral::Accepted
            } else {
                Ephemeral::Refused
            };
            let mut below = place.below(name).accepting(accepts);
            // What an argument needs, its variable needs; the other arguments do not.
            below.owner = format!("{}.var.{name}", place.address);
            self.values(&below, value);
            let kind = item
                .get("type")
                .and_then(|text| types::constraint(text.as_str()?).ok());
            if let Some(kind) = kind {
                self.typed(&below, value, &kind);
            }
        }
    }

    /// Checks which provider configurations are passed, and gives those that the module called has.
    fn passed(
        &mut self,
        place: &ValuePlace,
        body: &Map<String, Value>,
        callee: &Callee<'_>,
    ) -> BTreeSet<String> {
        let wanted = &callee.declared.passed;
        let below = place.below("providers");
        if let Some(value) = body.get("providers") {
            self.no_comment(&below, value);
        }
        let mut passed = BTreeSet::new();
        match body.get("providers") {
            None => {
                let outer = self
                    .declared
                    .providers
                    .keys()
                    .chain(&self.position.providers);
                passed.extend(outer.filter(|key| !key.contains('.')).cloned());
                for key in &passed {
                    self.link(place, key, key);
                }
            }
            Some(Value::Object(providers)) => {
                for (inner, outer) in entries(providers) {
                    if inner.contains('.') && !wanted.contains_key(inner) {
                        let near = suggestion(inner, wanted.keys().copied());
                        self.fault(&below, format!("the module asks for no `{inner}`{near}"));
                    }
                    match outer.as_str() {
                        Some(outer) => {
                            self.provider_named(&below, outer);
                            self.link(place, inner, outer);
                        }
                        None => self.fault(&below, format!("{outer} is not a provider")),
                    }
                    passed.insert(inner.to_owned());
                }
            }
            Some(_) => self.fault(&below, "must be an object"),
        }
        for alias in wanted.keys() {
            // From here on it counts as passed, so that the module called is not blamed for it.
            if passed.insert((*alias).to_owned()) {
                let message = format!("the module asks for `{alias}`, which is not passed");
                self.fault(&below, message);
            }
        }
        passed
    }

    fn link(&mut self, place: &ValuePlace, inner: &str, outer: &str) {
        let owner = format!("{}.provider.{inner}", place.address);
        let inside = ValuePlace {
            owner,
            ..place.clone()
        };
        self.needs(&inside, &format!("provider.{outer}"));
    }

    /// Notes that the call as a whole needs everything in the module called, and that all of that needs
    /// what repeats or delays the call.
    fn connect(&mut self, place: &ValuePlace, callee: &Callee<'_>) {
        let call = &place.address;
        let resources = callee.declared.resources.keys();
        let resources = resources
            .map(|(kind, type_name, name)| format!("{call}.{}{type_name}.{name}", kind.prefix()));
        let outputs = callee
            .declared
            .outputs
            .keys()
            .map(|name| format!("{call}.output.{name}"));
        for inside in resources.chain(outputs) {
            self.needs(place, &inside);
            let inside = ValuePlace {
                owner: inside,
                ..place.clone()
            };
            self.needs(&inside, &format!("{call} (call)"));
        }
        for name in callee.declared.modules.keys() {
            let inside = format!("{call}.module.{name}");
            self.needs(place, &inside);
            let inside = ValuePlace {
                owner: format!("{inside} (call)"),
                ..place.clone()
            };
            self.needs(&inside, &format!("{call} (call)"));
        }
    }
}
