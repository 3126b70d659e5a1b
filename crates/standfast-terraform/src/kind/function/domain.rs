//! Names as custom domains of an interface, which answers only to names it has.

use standfast_blueprint::{FunctionSpec, Name};

use crate::kind::contract::CERTIFICATES_TOPIC;
use crate::kind::function::naming::interface_parameter;
use crate::syntax::address::Address;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::identifier;
use crate::system::region::AwsRegion;

/// The custom domain of a name.
pub(crate) fn address(key: &str) -> Address {
    ResourceType::ApiGatewayDomainName.named(key)
}

/// Declares a name as a custom domain of the interface of a region, in the module that spans regions.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    function: (&Name, &FunctionSpec),
    (key, host): (&str, &str),
    certificate: &str,
    module: &mut ModuleFiles,
) {
    let (name, spec) = function;
    let interface = look_up(system, region, name, module);
    let domain = address(key);
    module.declare(
        CERTIFICATES_TOPIC,
        &domain,
        body! {
            "provider": region.provider(),
            "domain_name": host,
            "regional_certificate_arn": certificate,
            "security_policy": "TLS_1_2",
            "endpoint_configuration": body! { "types": ["REGIONAL"] },
        },
    );
    module.declare(
        CERTIFICATES_TOPIC,
        &ResourceType::ApiGatewayBasePathMapping.named(key),
        body! {
            "provider": region.provider(),
            "domain_name": domain.domain_name(),
            "api_id": interface.value().passed_to("nonsensitive"),
            "stage_name": spec.stage.as_str(),
        },
    );
}

/// The published id of the interface of a region.
fn look_up(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    name: &Name,
    module: &mut ModuleFiles,
) -> Address {
    let key = format!("{}__api__{}", identifier(name.as_str()), region.id());
    let interface = ResourceType::SsmParameter.data(key);
    if !module.has(&interface) {
        let parameter = interface_parameter(system, name.as_str(), region);
        let body = body! { "provider": region.provider(), "name": parameter };
        module.declare(CERTIFICATES_TOPIC, &interface, body);
    }
    interface
}
