//! What an instance begins with: the script of the blueprint, or one that installs a package.

use standfast_blueprint::{Name, ServiceSpec};

use crate::kind::contract::Kinds;
use crate::kind::service::naming::{key, port, topic};
use crate::kind::uses;
use crate::syntax::address::Template;
use crate::syntax::module::ModuleFiles;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Declares what an instance begins with: the script of the blueprint, or one that installs the package
/// from the first bucket the service uses and keeps it running. Yields it as a launch template takes it.
pub(crate) fn declare(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    service: &ServiceSpec,
    module: &mut ModuleFiles,
) -> Template {
    if let Some(text) = service
        .user_data
        .as_ref()
        .and_then(|path| system.scripts.get(path))
    {
        let file = format!("files/{name}.sh");
        module.file(&file, text.clone());
        return Template::of(format_args!("filebase64(\"${{path.module}}/{file}\")"));
    }
    let variables = uses::environment(kinds, system, region, &service.uses);
    let mut lines = vec!["#!/bin/bash".to_owned(), "set -euo pipefail".to_owned()];
    lines.push("cat > /etc/service.env <<'END'".to_owned());
    lines.push(format!("PORT={}", port(service)));
    lines.extend(
        variables
            .iter()
            .map(|(variable, value)| format!("{variable}={value}")),
    );
    lines.push("END".to_owned());
    if let (Some(package), Some(bucket)) = (&service.package, variables.get("BUCKET_NAME")) {
        lines.extend(unit(package.as_str(), bucket));
    }
    let local = format!("script__{}", key(name));
    module.local(&topic(name), &local, lines);
    Template::of(format_args!(
        "base64encode(join(\"\\n\", concat({}, [\"\"])))",
        Template::local(&local).expression()
    ))
}

/// A unit that fetches the package at each start, and tries again until it is there.
fn unit(package: &str, bucket: &str) -> Vec<String> {
    let unit = format!("/etc/systemd/system/{package}.service");
    vec![
        format!("cat > {unit} <<'END'"),
        "[Unit]".to_owned(),
        "Wants=network-online.target".to_owned(),
        "After=network-online.target".to_owned(),
        "StartLimitIntervalSec=0".to_owned(),
        "[Service]".to_owned(),
        "EnvironmentFile=/etc/service.env".to_owned(),
        format!(
            "ExecStartPre=+aws s3 cp --only-show-errors s3://{bucket}/{package} /usr/local/bin/{package}"
        ),
        format!("ExecStartPre=+chmod 0755 /usr/local/bin/{package}"),
        format!("ExecStart=/usr/local/bin/{package}"),
        "DynamicUser=yes".to_owned(),
        "AmbientCapabilities=CAP_NET_BIND_SERVICE".to_owned(),
        "Restart=always".to_owned(),
        "RestartSec=5".to_owned(),
        "[Install]".to_owned(),
        "WantedBy=multi-user.target".to_owned(),
        "END".to_owned(),
        format!("systemctl daemon-reload && systemctl enable --now --no-block {package}.service"),
    ]
}
