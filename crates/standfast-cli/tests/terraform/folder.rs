//! A folder that an example was synthesized into, and Terraform in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::emulator::Emulator;
use crate::tools::{Terraform, examples};

/// A package of a function: a file called `bootstrap`, as the runtime wants it.
const PACKAGE: &[u8] = include_bytes!("bootstrap.zip");

/// The services of AWS that the modules speak to, as the provider names their endpoints.
const SERVICES: &[&str] = &[
    "acm",
    "apigateway",
    "autoscaling",
    "cloudwatch",
    "cloudwatchlogs",
    "dynamodb",
    "ec2",
    "elbv2",
    "iam",
    "kms",
    "lambda",
    "rds",
    "route53",
    "s3",
    "s3control",
    "scheduler",
    "secretsmanager",
    "sns",
    "ssm",
    "sts",
];

/// What was synthesized.
pub(crate) struct Folder {
    root: TempDir,
    /// The folders of the modules, in the order in which they are applied.
    pub(crate) modules: Vec<String>,
    configuration: PathBuf,
}

impl Folder {
    /// Synthesizes an example with the real command.
    pub(crate) fn synthesized(example: &str, terraform: &Terraform) -> Self {
        let root = tempfile::tempdir().unwrap();
        let ran = Command::new(env!("CARGO_BIN_EXE_standfast"))
            .args(["--format", "json", "synth"])
            .arg(examples().join(format!("{example}.yaml")))
            .arg("--out")
            .arg(root.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{example}: {told}");
        let answer: Value = serde_json::from_slice(&ran.stdout).unwrap();
        let order = answer["order"].as_array().unwrap();
        let modules = order
            .iter()
            .map(|step| step["folder"].as_str().unwrap().to_owned())
            .collect();
        let configuration = root.path().join("terraformrc");
        fs::write(&configuration, terraform.configuration()).unwrap();
        Self {
            root,
            modules,
            configuration,
        }
    }

    pub(crate) fn path(&self, module: &str) -> PathBuf {
        self.root.path().join(module)
    }

    /// Runs Terraform in a module.
    pub(crate) fn run(&self, module: &str, arguments: &[&str]) -> Output {
        Command::new("terraform")
            .arg(format!("-chdir={}", self.path(module).display()))
            .args(arguments)
            .env("TF_CLI_CONFIG_FILE", &self.configuration)
            .env("TF_IN_AUTOMATION", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_PROFILE")
            .output()
            .unwrap()
    }

    /// Runs Terraform, which must succeed; yields what it printed.
    pub(crate) fn succeeds(&self, module: &str, arguments: &[&str]) -> String {
        let ran = self.run(module, arguments);
        let (out, err) = (
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr),
        );
        assert!(
            ran.status.success(),
            "{module}: {arguments:?}\n{out}\n{err}"
        );
        out.into_owned()
    }

    pub(crate) fn init(&self, module: &str) {
        let arguments = ["init", "-backend=false", "-input=false", "-no-color"];
        self.succeeds(module, &arguments);
    }

    /// Points a module at an emulator: an override of its providers, which Terraform merges over them.
    pub(crate) fn point_at(&self, module: &str, emulator: &Emulator) {
        let main = self.json(module, "main.tf.json");
        let endpoints: BTreeMap<&str, &str> = SERVICES
            .iter()
            .map(|service| (*service, emulator.address()))
            .collect();
        let providers: Vec<Value> = main["provider"]["aws"]
            .as_array()
            .unwrap()
            .iter()
            .map(|provider| {
                let mut over = json!({
                    "region": provider["region"],
                    "access_key": "123456789012",
                    "secret_key": "none",
                    "skip_credentials_validation": true,
                    "skip_metadata_api_check": true,
                    "s3_use_path_style": true,
                    "max_retries": 1,
                    "endpoints": [endpoints],
                });
                if let Some(alias) = provider.get("alias") {
                    over["alias"] = alias.clone();
                }
                over
            })
            .collect();
        let text = json!({ "provider": { "aws": providers } }).to_string();
        fs::write(self.path(module).join("emulator_override.tf.json"), text).unwrap();
    }

    /// Puts a package where a function of the example expects its own.
    pub(crate) fn packages(&self) {
        let folder = self.root.path().join("packages");
        fs::create_dir_all(&folder).unwrap();
        for module in &self.modules {
            for file in self.files(module) {
                let value = self.json(module, &file);
                let functions = value["resource"]["aws_lambda_function"].as_object();
                for function in functions.into_iter().flat_map(serde_json::Map::values) {
                    let name = function["filename"].as_str().unwrap();
                    let name = name.rsplit('/').next().unwrap();
                    fs::write(folder.join(name), PACKAGE).unwrap();
                }
            }
        }
    }

    /// The files of a module.
    pub(crate) fn files(&self, module: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(module)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names
            .filter(|name| name.ends_with(".tf.json") && !name.contains("_override"))
            .collect();
        names.sort();
        names
    }

    pub(crate) fn json(&self, module: &str, file: &str) -> Value {
        let text = fs::read_to_string(self.path(module).join(file)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Changes a file of a module.
    pub(crate) fn change(&self, module: &str, file: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.json(module, file);
        change(&mut value);
        fs::write(self.path(module).join(file), value.to_string()).unwrap();
    }

    /// Plans a module; yields the plan as JSON, and keeps it as `plan.json` for the scanner.
    pub(crate) fn plan(&self, module: &str) -> Value {
        self.succeeds(
            module,
            &["plan", "-out=plan.bin", "-input=false", "-no-color"],
        );
        let text = self.succeeds(module, &["show", "-json", "plan.bin"]);
        fs::write(self.path(module).join("plan.json"), &text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Applies the last plan of a module.
    pub(crate) fn apply(&self, module: &str) {
        self.succeeds(module, &["apply", "-input=false", "-no-color", "plan.bin"]);
    }

    /// The state of a module as it is kept.
    pub(crate) fn state(&self, module: &str) -> String {
        fs::read_to_string(self.path(module).join("terraform.tfstate")).unwrap()
    }

    /// Removes a module, as if its region's folder had never been there.
    pub(crate) fn forget(&mut self, module: &str) {
        fs::remove_dir_all(self.path(module)).unwrap();
        self.modules.retain(|known| known != module);
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }
}

/// The addresses of what a plan would create.
pub(crate) fn created(plan: &Value) -> Vec<String> {
    let changes = plan["resource_changes"].as_array();
    changes
        .into_iter()
        .flatten()
        .filter(|change| change["change"]["actions"][0] == "create")
        .map(|change| change["address"].as_str().unwrap().to_owned())
        .collect()
}
