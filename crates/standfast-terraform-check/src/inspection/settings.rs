//! `terraform` blocks and provider configurations.

use serde_json::{Map, Value};

use crate::fault::suggestion;
use crate::inspection::checker::Checker;
use crate::inspection::place::{Ephemeral, ValuePlace};
use crate::module::{labelled, objects};

const BACKENDS: [&str; 12] = [
    "azurerm",
    "consul",
    "cos",
    "gcs",
    "http",
    "kubernetes",
    "local",
    "oci",
    "oss",
    "pg",
    "remote",
    "s3",
];

/// The one provider whose schema is here, and `terraform` itself.
const SOURCES: [(&str, &[&str]); 2] = [
    (
        "aws",
        &["hashicorp/aws", "registry.terraform.io/hashicorp/aws"],
    ),
    ("terraform", &["terraform.io/builtin/terraform"]),
];

impl Checker<'_> {
    pub(super) fn settings(&mut self) {
        let declared = self.declared;
        let mut backends = 0;
        for item in &declared.settings {
            let place = ValuePlace::new(item.file, "terraform");
            let Some(body) = item.body() else { continue };
            let names = [
                "backend",
                "cloud",
                "experiments",
                "provider_meta",
                "required_providers",
                "required_version",
            ];
            for (name, value) in self.known(&place, body, &names) {
                let below = place.below(name);
                match name {
                    "required_version" => self.version(&below, value),
                    "backend" => {
                        backends += labelled(value).count();
                        self.backend(&below, value);
                    }
                    "cloud" => {
                        backends += 1;
                        self.constant(&below, value);
                    }
                    _ => {}
                }
            }
            if backends > 1 {
                self.fault(&place, "more than one backend");
                backends = 0;
            }
        }
        for (name, item) in &declared.required {
            let place = ValuePlace::new(item.file, format!("required_providers.{name}"));
            match item.body() {
                Some(body) => {
                    self.no_comment(&place, item.value);
                    self.requirement(&place, name, body);
                }
                None => self.fault(&place, "must be an object with source and version"),
            }
        }
    }

    fn backend(&mut self, place: &ValuePlace, value: &Value) {
        self.no_comment(place, value);
        if labelled(value).next().is_none() {
            self.fault(place, "must be an object with the name of a backend");
        }
        for (name, value) in labelled(value) {
            let below = place.below(name);
            if !BACKENDS.contains(&name) {
                let near = suggestion(name, BACKENDS);
                self.fault(place, format!("unknown backend `{name}`{near}"));
            }
            if objects(value).len() != 1 {
                self.fault(&below, "must be one object");
            }
            self.constant(&below, value);
        }
    }

    fn requirement(&mut self, place: &ValuePlace, name: &str, body: &Map<String, Value>) {
        self.known(place, body, &["configuration_aliases", "source", "version"]);
        self.required(place, body, &["source"]);
        match SOURCES.iter().find(|(known, _)| *known == name) {
            None => self.fault(
                place,
                "there is no schema of this provider to check against",
            ),
            Some((_, sources)) => {
                let source = body.get("source");
                if source.is_some_and(|source| !sources.iter().any(|known| source == known)) {
                    self.fault(&place.below("source"), format!("must be `{}`", sources[0]));
                }
            }
        }
        if let Some(value) = body.get("version") {
            self.version(&place.below("version"), value);
        }
        let Some(value) = body.get("configuration_aliases") else {
            return;
        };
        let place = place.below("configuration_aliases");
        if self.position.is_root() {
            self.fault(
                &place,
                "nothing calls the root module, so nothing can pass it a provider",
            );
        }
        let fits = value.as_array().is_some_and(|aliases| {
            aliases.iter().all(|alias| {
                let alias = alias.as_str().and_then(|alias| alias.split_once('.'));
                alias.is_some_and(|(provider, _)| provider == name)
            })
        });
        if !fits {
            self.fault(
                &place,
                format!("must be an array of texts like `{name}.ALIAS`"),
            );
        }
    }

    fn version(&mut self, place: &ValuePlace, value: &Value) {
        if !value.as_str().is_some_and(is_constraint) {
            self.fault(place, format!("{value} is not a version constraint"));
        }
    }

    pub(super) fn providers(&mut self) {
        let declared = self.declared;
        for (key, item) in &declared.providers {
            let place = ValuePlace::new(item.file, format!("provider.{key}"));
            let name = key.split('.').next().unwrap_or(key);
            if !declared.required.is_empty() && !declared.required.contains_key(name) {
                self.fault(&place, "not among the required_providers");
            }
            if name != "aws" {
                self.fault(
                    &place,
                    "there is no schema of this provider to check against",
                );
                continue;
            }
            let Some(body) = item.body() else { continue };
            let mut arguments = body.clone();
            arguments.remove("alias");
            let inside = place.accepting(Ephemeral::Accepted);
            let schema = self.shared.schema;
            self.body(
                &inside,
                "provider.aws",
                &arguments,
                schema.provider_config(),
            );
        }
    }
}

/// Whether a text is a version constraint, like `>= 5.40, < 7.0`.
fn is_constraint(text: &str) -> bool {
    const OPERATORS: [&str; 7] = ["~>", ">=", "<=", "!=", "=", ">", "<"];
    text.split(',').map(str::trim).all(|part| {
        let version = OPERATORS
            .iter()
            .find_map(|operator| part.strip_prefix(operator));
        let version = version.unwrap_or(part).trim_start();
        let (numbers, label) = version.split_once('-').unwrap_or((version, "x"));
        let numeric = numbers
            .split('.')
            .all(|number| !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit()));
        numeric && !label.is_empty()
    })
}
