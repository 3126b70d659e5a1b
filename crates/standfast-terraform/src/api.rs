//! The HTTP interface of a function: a REST API of its own in every region.
//!
//! Its custom domain is made in the module that spans regions, beside the certificate and the names
//! that lead to it; that module finds the interface through a published parameter.

use std::collections::BTreeSet;

use standfast_blueprint::{CallAccess, FunctionSpec, Name, Route};

use crate::function::{key, topic};
use crate::syntax::address::{Address, Template};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::{identifier, limit};
use crate::system::region::AwsRegion;

/// What an interface is called in a region; its metrics go by this name.
pub(crate) fn name_in(system: &AwsSystem<'_>, function: &str, region: &AwsRegion) -> String {
    system.name_in(function, region, limit::OTHER)
}

/// Where the id of an interface is published.
pub(crate) fn parameter(system: &AwsSystem<'_>, function: &str, region: &AwsRegion) -> String {
    format!(
        "/{}/{}/{}/functions/{function}/api",
        system.blueprint.name, system.blueprint.environment, region.aws
    )
}

pub(crate) fn write(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    function: &FunctionSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    module.declare(
        &topic,
        &ResourceType::ApiGatewayRestApi.named(&key),
        body! {
            "name": name_in(system, name.as_str(), region),
            "description": format!("{} of {} in {}", name, system.full_name(), region.aws),
            "endpoint_configuration": body! { "types": ["REGIONAL"] },
            "lifecycle": body! { "create_before_destroy": true },
        },
    );
    paths(name, function, module);
    let mut parts = Vec::new();
    for route in &function.routes {
        let open = is_open(system, name, function, route);
        parts.extend(method(name, route, open, module));
    }
    let interface = ResourceType::ApiGatewayRestApi.named(&key);
    let api = interface.id();
    module.declare(
        &topic,
        &ResourceType::LambdaPermission.named(&key),
        body! {
            "statement_id": "interface",
            "action": "lambda:InvokeFunction",
            "function_name": ResourceType::LambdaFunction.named(&key).function_name(),
            "principal": "apigateway.amazonaws.com",
            "source_arn":
                format!("{}/{}/*", interface.execution_arn(), function.stage),
        },
    );
    let ids: Vec<&str> = parts.iter().map(|part| part.1.expression()).collect();
    let ids = ids.join(", ");
    let depends: Vec<&Address> = parts.iter().map(|part| &part.0).collect();
    module.declare(
        &topic,
        &ResourceType::ApiGatewayDeployment.named(&key),
        body! {
            "rest_api_id": &api,
            // A change of any route is a new deployment.
            "triggers": body! {
                "routes": Template::of(format_args!("sha256(jsonencode([{ids}]))")),
            },
            "depends_on": depends,
            "lifecycle": body! { "create_before_destroy": true },
        },
    );
    module.declare(
        &topic,
        &ResourceType::ApiGatewayStage.named(&key),
        body! {
            "rest_api_id": &api,
            "deployment_id": ResourceType::ApiGatewayDeployment.named(&key).id(),
            "stage_name": function.stage.as_str(),
            "description": format!("Serves {} in {}", name, region.aws),
        },
    );
    module.declare(
        &topic,
        &ResourceType::SsmParameter.named(format!("{key}_api")),
        body! {
            "name": parameter(system, name.as_str(), region),
            "description": "The interface that the names of the system lead to",
            "type": "String",
            "value": &api,
        },
    );
    module.output(
        &format!("{key}_api_endpoint_{}", region.id()),
        "The interface of this region, whatever the names of the system lead to.",
        ResourceType::ApiGatewayStage.named(&key).invoke_url(),
    );
}

/// Whether anybody may call a route: health checkers do not sign what they ask.
fn is_open(system: &AwsSystem<'_>, name: &Name, function: &FunctionSpec, route: &Route) -> bool {
    let records = system.blueprint.names.records.values();
    let probed = records
        .filter(|record| record.target == *name)
        .filter_map(|record| record.probe.as_ref())
        .flat_map(|probe| [&probe.https, &probe.http])
        .flatten()
        .any(|path| path.as_str() == route.path);
    function.access == CallAccess::Open || (probed && ["GET", "HEAD"].contains(&route.method))
}

/// The part of identifiers of Terraform that names a path.
fn path_key(function: &Name, path: &str) -> String {
    // A name has no two underscores beside each other, so no other function's path is called so.
    let parts = path.split('/').filter(|part| !part.is_empty());
    let parts = parts.map(identifier);
    let all: Vec<String> = std::iter::once(identifier(function.as_str()))
        .chain(parts)
        .collect();
    all.join("__")
}

/// Every path and those above it.
fn paths(name: &Name, function: &FunctionSpec, module: &mut ModuleFiles) {
    let mut all = BTreeSet::new();
    for route in &function.routes {
        let parts: Vec<&str> = route
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        for end in 1..=parts.len() {
            all.insert(parts[..end].to_vec());
        }
    }
    let (topic, key) = (topic(name), key(name));
    for parts in all {
        let Some((last, above)) = parts.split_last() else {
            continue;
        };
        let parent = if above.is_empty() {
            ResourceType::ApiGatewayRestApi
                .named(&key)
                .root_resource_id()
        } else {
            let above = path_key(name, &format!("/{}", above.join("/")));
            ResourceType::ApiGatewayResource.named(&above).id()
        };
        module.declare(
            &topic,
            &ResourceType::ApiGatewayResource
                .named(path_key(name, &format!("/{}", parts.join("/")))),
            body! {
                "rest_api_id": ResourceType::ApiGatewayRestApi.named(&key).id(),
                "parent_id": parent,
                "path_part": *last,
            },
        );
    }
}

/// A method and what answers it; yields the addresses and the ids a deployment goes by.
fn method(
    name: &Name,
    route: &Route,
    open: bool,
    module: &mut ModuleFiles,
) -> [(Address, Template); 2] {
    let (topic, key) = (topic(name), key(name));
    let path = path_key(name, &route.path);
    let method = format!("{path}___{}", route.method.to_ascii_lowercase());
    let api = ResourceType::ApiGatewayRestApi.named(&key).id();
    let resource = if route.path == "/" {
        ResourceType::ApiGatewayRestApi
            .named(&key)
            .root_resource_id()
    } else {
        ResourceType::ApiGatewayResource.named(&path).id()
    };
    module.declare(
        &topic,
        &ResourceType::ApiGatewayMethod.named(&method),
        body! {
            "rest_api_id": &api,
            "resource_id": &resource,
            "http_method": route.method,
            "authorization": if open { "NONE" } else { "AWS_IAM" },
        },
    );
    module.declare(
        &topic,
        &ResourceType::ApiGatewayIntegration.named(&method),
        body! {
            "rest_api_id": &api,
            "resource_id": &resource,
            "http_method": ResourceType::ApiGatewayMethod.named(&method).http_method(),
            "type": "AWS_PROXY",
            // Functions are always called by POST, whatever the caller's method was.
            "integration_http_method": "POST",
            "uri": ResourceType::LambdaFunction.named(&key).invoke_arn(),
        },
    );
    [
        {
            let made = ResourceType::ApiGatewayMethod.named(&method);
            let reference = made.authorization();
            (made, reference)
        },
        {
            let made = ResourceType::ApiGatewayIntegration.named(&method);
            let reference = made.id();
            (made, reference)
        },
    ]
}
