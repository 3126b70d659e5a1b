//! The credentials of a database: a secret that exists, or one that is generated once.
//!
//! The password goes from AWS's generator to the secret and from the secret to the database through
//! ephemeral values and write-only arguments. It is in no file, no plan and no state.

use standfast_blueprint::{Class, DatabaseSpec, RegionKind, SecretReference};

use super::{key_of, topic};
use crate::body::{Value, body, literal, refer};
use crate::module::Module;
use crate::plan::{Place, Plan};
use crate::root;

/// The key of the password within the JSON of a secret.
const KEY: &str = "password";

/// The version of the generated password. A higher number makes a new one.
const VERSION: i64 = 1;

/// The secret, in the module of the home region: the others have a copy of it, and a database that
/// follows has the credentials of the one it follows.
pub(super) fn write(plan: &Plan<'_>, place: &Place, database: &DatabaseSpec, module: &mut Module) {
    if place.kind != RegionKind::Home {
        return;
    }
    let (topic, key) = (topic(database), key_of(database));
    let secret = if let Some(SecretReference::Secret(name)) = &database.credentials {
        literal(name)
    } else {
        generate(plan, database, module);
        // Of the version, so that nothing is read before it is there.
        refer(format_args!(
            "aws_secretsmanager_secret_version.{key}.secret_id"
        ))
    };
    module.child(
        &topic,
        &format!("{key}_password"),
        body! { "source": "./secret-value", "secret_id": secret, "key": KEY },
    );
    module.file("secret-value/main.tf.json", secret_value());
}

/// The password of a database, as a reference to an ephemeral value.
pub(super) fn password(database: &DatabaseSpec) -> String {
    refer(format_args!("module.{}_password.value", key_of(database)))
}

/// What a database is created with.
pub(super) fn set(
    database: &DatabaseSpec,
    username: &str,
    password: &str,
    body: &mut crate::body::Body,
) {
    body.set(username, literal(database.username.as_str()));
    body.set(&format!("{password}_wo"), self::password(database));
    body.set(&format!("{password}_wo_version"), VERSION);
}

fn generate(plan: &Plan<'_>, database: &DatabaseSpec, module: &mut Module) {
    let (topic, key) = (topic(database), key_of(database));
    module.child(
        &topic,
        &format!("{key}_generated"),
        body! { "source": "./random-password" },
    );
    module.file("random-password/main.tf.json", random_password());
    let replicas: Vec<Value> = plan
        .standbys()
        .map(|place| body! { "region": &place.aws }.into())
        .collect();
    let window = match plan.blueprint.class {
        // At once, so that the same name can be used again.
        Class::Ephemeral => 0,
        Class::Production => 30,
    };
    let mut secret = body! {
        "name": literal(&plan.secret_name(database)),
        "description": format!("Credentials of the database {}", database.name),
        "recovery_window_in_days": window,
    };
    if !replicas.is_empty() {
        secret.set("replica", replicas);
    }
    module.resource(&topic, "aws_secretsmanager_secret", &key, secret);
    let username = literal(database.username.as_str());
    let generated = format!("module.{key}_generated.value");
    module.resource(
        &topic,
        "aws_secretsmanager_secret_version",
        &key,
        body! {
            "secret_id": refer(format_args!("aws_secretsmanager_secret.{key}.id")),
            "secret_string_wo": refer(format_args!(
                "jsonencode({{ username = \"{username}\", {KEY} = {generated} }})"
            )),
            "secret_string_wo_version": VERSION,
        },
    );
}

/// A module that generates a password and remembers nothing.
fn random_password() -> String {
    let mut module = Module::default();
    root::requirements("main", &mut module);
    module.ephemeral(
        "main",
        "aws_secretsmanager_random_password",
        "value",
        body! { "password_length": 40, "exclude_punctuation": true },
    );
    let value = "${ephemeral.aws_secretsmanager_random_password.value.random_password}";
    output(value, module)
}

/// A module that reads one key of a secret and remembers nothing.
fn secret_value() -> String {
    let mut module = Module::default();
    root::requirements("main", &mut module);
    let variable = |description: &str| body! { "type": "string", "description": description };
    module.set(
        "main",
        "variable",
        body! {
            "secret_id": variable("The name or ARN of the secret."),
            "key": variable("The key within its JSON."),
        },
    );
    module.ephemeral(
        "main",
        "aws_secretsmanager_secret_version",
        "value",
        body! { "secret_id": "${var.secret_id}" },
    );
    let value =
        "${jsondecode(ephemeral.aws_secretsmanager_secret_version.value.secret_string)[var.key]}";
    output(value, module)
}

fn output(value: &str, mut module: Module) -> String {
    let output = body! {
        "description": "The password. It is never stored.",
        "value": value,
        "ephemeral": true,
        "sensitive": true,
    };
    module.set("main", "output", body! { "value": output });
    let mut files = module.into_files();
    files.remove("main.tf.json").unwrap_or_default()
}
