//! The credentials of a database: a secret that exists, or one that is generated once.
//!
//! The password goes from AWS's generator to the secret and from the secret to the database through
//! ephemeral values and write-only arguments. It is in no file, no plan and no state.

use standfast_blueprint::{Class, DatabaseSpec, RegionKind, SecretReference};

use crate::kind::database::naming::{key, secret_name, topic};
use crate::kind::requirements;
use crate::syntax::address::{Address, Template};
use crate::syntax::json::{Body, Json, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The key of the password within the JSON of a secret.
const KEY: &str = "password";

/// The version of the generated password. A higher number makes a new one.
const VERSION: i64 = 1;

fn version_address(database: &DatabaseSpec) -> Address {
    ResourceType::SecretsmanagerSecretVersion.named(key(database))
}

/// The module that yields the password of a database.
fn password_module(database: &DatabaseSpec) -> String {
    format!("{}_password", key(database))
}

/// Declares the secret, in the module of the home region: the others have a copy of it, and a database that
/// follows has the credentials of the one it follows.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
    module: &mut ModuleFiles,
) {
    if region.kind != RegionKind::Home {
        return;
    }
    let secret = if let Some(SecretReference::Secret(name)) = &database.credentials {
        literal(name)
    } else {
        generate(system, database, module);
        // Of the version, so that nothing is read before it is there.
        version_address(database).secret_id().to_string()
    };
    module.child(
        &topic(database),
        &password_module(database),
        body! { "source": "./secret-value", "secret_id": secret, "key": KEY },
    );
    module.file("secret-value/main.tf.json", secret_value());
}

/// Sets what a database is created with.
pub(crate) fn set(database: &DatabaseSpec, username: &str, password: &str, body: &mut Body) {
    body.set(username, literal(database.username.as_str()));
    body.set(
        &format!("{password}_wo"),
        Template::child(&password_module(database), "value"),
    );
    body.set(&format!("{password}_wo_version"), VERSION);
}

fn generate(system: &AwsSystem<'_>, database: &DatabaseSpec, module: &mut ModuleFiles) {
    let (topic, key) = (topic(database), key(database));
    let generated = format!("{key}_generated");
    module.child(&topic, &generated, body! { "source": "./random-password" });
    module.file("random-password/main.tf.json", random_password());
    let replicas: Vec<Json> = system
        .standbys()
        .map(|region| body! { "region": &region.aws }.into())
        .collect();
    let window = match system.blueprint.class {
        // At once, so that the same name can be used again.
        Class::Ephemeral => 0,
        Class::Production => 30,
    };
    let mut secret = body! {
        "name": literal(&secret_name(system, database)),
        "description": format!("Credentials of the database {}", database.name),
        "recovery_window_in_days": window,
    };
    if !replicas.is_empty() {
        secret.set("replica", replicas);
    }
    let declared = ResourceType::SecretsmanagerSecret.named(&key);
    module.declare(&topic, &declared, secret);
    let username = literal(database.username.as_str());
    let generated = Template::child(&generated, "value");
    let generated = generated.expression();
    module.declare(
        &topic,
        &version_address(database),
        body! {
            "secret_id": declared.id(),
            "secret_string_wo": Template::of(format_args!(
                "jsonencode({{ username = \"{username}\", {KEY} = {generated} }})"
            )),
            "secret_string_wo_version": VERSION,
        },
    );
}

/// A module that generates a password and remembers nothing.
fn random_password() -> String {
    let mut module = ModuleFiles::default();
    requirements::declare("main", &mut module);
    let password = ResourceType::SecretsmanagerRandomPassword.ephemeral("value");
    module.declare(
        "main",
        &password,
        body! { "password_length": 40, "exclude_punctuation": true },
    );
    output(&password.random_password(), module)
}

/// A module that reads one key of a secret and remembers nothing.
fn secret_value() -> String {
    let mut module = ModuleFiles::default();
    requirements::declare("main", &mut module);
    let variable = |description: &str| body! { "type": "string", "description": description };
    module.set(
        "main",
        "variable",
        body! {
            "secret_id": variable("The name or ARN of the secret."),
            "key": variable("The key within its JSON."),
        },
    );
    let secret = ResourceType::SecretsmanagerSecretVersion.ephemeral("value");
    module.declare(
        "main",
        &secret,
        body! { "secret_id": Template::variable("secret_id") },
    );
    let text = secret.secret_string();
    let text = text.expression();
    output(
        &Template::of(format_args!("jsondecode({text})[var.key]")),
        module,
    )
}

fn output(value: &Template, mut module: ModuleFiles) -> String {
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
