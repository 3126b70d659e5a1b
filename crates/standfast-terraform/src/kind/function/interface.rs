//! The HTTP interface of a function: a REST API of its own in every region.
//!
//! Its custom domain is made in the module that spans regions, beside the certificate and the names
//! that lead to it; that module finds the interface through a published parameter.

use std::collections::BTreeSet;

use standfast_blueprint::{CallAccess, FunctionSpec, Name, Route};

use crate::kind::function::naming::{address, interface_name, interface_parameter, key, topic};
use crate::syntax::address::{Address, Template};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::identifier;
use crate::system::region::AwsRegion;

fn api(name: &Name) -> Address {
    ResourceType::ApiGatewayRestApi.named(key(name))
}

/// Declares the interface of a function.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    function: &FunctionSpec,
    module: &mut ModuleFiles,
) {
    let (topic, key) = (topic(name), key(name));
    let api = api(name);
    module.declare(
        &topic,
        &api,
        body! {
            "name": interface_name(system, name.as_str(), region),
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
    module.declare(
        &topic,
        &ResourceType::LambdaPermission.named(&key),
        body! {
            "statement_id": "interface",
            "action": "lambda:InvokeFunction",
            "function_name": address(name).function_name(),
            "principal": "apigateway.amazonaws.com",
            "source_arn": format!("{}/{}/*", api.execution_arn(), function.stage),
        },
    );
    let stage = stage(region, name, function, &parts, module);
    module.declare(
        &topic,
        &ResourceType::SsmParameter.named(format!("{key}_api")),
        body! {
            "name": interface_parameter(system, name.as_str(), region),
            "description": "The interface that the names of the system lead to",
            "type": "String",
            "value": api.id(),
        },
    );
    module.output(
        &format!("{key}_api_endpoint_{}", region.id()),
        "The interface of this region, whatever the names of the system lead to.",
        stage.invoke_url(),
    );
}

/// What serves: a deployment of all routes, and the stage that leads to it.
fn stage(
    region: &AwsRegion,
    name: &Name,
    function: &FunctionSpec,
    parts: &[DeploymentPart],
    module: &mut ModuleFiles,
) -> Address {
    let (topic, key) = (topic(name), key(name));
    let api = api(name);
    let deployment = ResourceType::ApiGatewayDeployment.named(&key);
    let depends: Vec<&Address> = parts.iter().map(|part| &part.address).collect();
    let marks: Vec<&str> = parts.iter().map(|part| part.mark.expression()).collect();
    let marks = marks.join(", ");
    module.declare(
        &topic,
        &deployment,
        body! {
            "rest_api_id": api.id(),
            // A change of any route is a new deployment.
            "triggers": body! {
                "routes": Template::of(format_args!("sha256(jsonencode([{marks}]))")),
            },
            "depends_on": depends,
            "lifecycle": body! { "create_before_destroy": true },
        },
    );
    let stage = ResourceType::ApiGatewayStage.named(key);
    module.declare(
        &topic,
        &stage,
        body! {
            "rest_api_id": api.id(),
            "deployment_id": deployment.id(),
            "stage_name": function.stage.as_str(),
            "description": format!("Serves {} in {}", name, region.aws),
        },
    );
    stage
}

/// What a deployment is made of.
struct DeploymentPart {
    address: Address,
    /// What changes when it does.
    mark: Template,
}

/// Whether a route is open to callers without credentials: health checkers do not sign what they ask.
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
    let topic = topic(name);
    let api = api(name);
    for parts in all {
        let Some((last, above)) = parts.split_last() else {
            continue;
        };
        let parent = if above.is_empty() {
            api.root_resource_id()
        } else {
            let above = path_key(name, &format!("/{}", above.join("/")));
            ResourceType::ApiGatewayResource.named(&above).id()
        };
        module.declare(
            &topic,
            &ResourceType::ApiGatewayResource
                .named(path_key(name, &format!("/{}", parts.join("/")))),
            body! {
                "rest_api_id": api.id(),
                "parent_id": parent,
                "path_part": *last,
            },
        );
    }
}

/// A method and what answers it; yields the parts that a deployment goes by.
fn method(name: &Name, route: &Route, open: bool, module: &mut ModuleFiles) -> [DeploymentPart; 2] {
    let topic = topic(name);
    let path = path_key(name, &route.path);
    let method = format!("{path}___{}", route.method.to_ascii_lowercase());
    let api = api(name);
    let resource = if route.path == "/" {
        api.root_resource_id()
    } else {
        ResourceType::ApiGatewayResource.named(&path).id()
    };
    let asked = ResourceType::ApiGatewayMethod.named(&method);
    let answered = ResourceType::ApiGatewayIntegration.named(&method);
    module.declare(
        &topic,
        &asked,
        body! {
            "rest_api_id": api.id(),
            "resource_id": &resource,
            "http_method": route.method,
            "authorization": if open { "NONE" } else { "AWS_IAM" },
        },
    );
    module.declare(
        &topic,
        &answered,
        body! {
            "rest_api_id": api.id(),
            "resource_id": &resource,
            "http_method": asked.http_method(),
            "type": "AWS_PROXY",
            // Functions are always called by POST, whatever the caller's method was.
            "integration_http_method": "POST",
            "uri": address(name).invoke_arn(),
        },
    );
    [
        DeploymentPart {
            mark: asked.authorization(),
            address: asked,
        },
        DeploymentPart {
            mark: answered.id(),
            address: answered,
        },
    ]
}
