//! Certificates of names that are served over TLS, and what serves under them: made beside the names,
//! since it is through records of the zone that a certificate authority sees whose they are.

use standfast_blueprint::{Certificate, Name, RecordSpec, Section};

use super::{host, host_in};
use crate::api;
use crate::service::{self, Groups};
use crate::syntax::address::Template;
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::name::identifier;
use crate::system::region::AwsRegion;

const TOPIC: &str = "certificates";

pub(super) fn write(
    system: &AwsSystem<'_>,
    key: &Name,
    record: &RecordSpec,
    zone: &Template,
    module: &mut ModuleFiles,
) {
    let Some(target) = system.target(record) else {
        return;
    };
    let function = system.blueprint.functions.get(&record.target);
    let service = system.blueprint.services.get(&record.target);
    let given = function
        .and_then(|function| function.certificate.as_ref())
        .or_else(|| service.and_then(|service| service.certificate.as_ref()));
    let Some(given) = given else {
        return;
    };
    let behind = function.is_some_and(|function| function.balancer.is_some());
    for region in system.data_regions() {
        // Where nothing serves there is nothing to prove; behind a balancer, its own certificate serves.
        if behind || !super::serves(system, record, region) {
            continue;
        }
        let arn = match given {
            Certificate::Issue => issue(system, key, record, region, zone, module),
            Certificate::Given(arns) => match arns.get(&region.name) {
                Some(arn) => arn.to_string(),
                None => continue,
            },
        };
        match target.section {
            Section::Functions => domains(system, key, record, region, &arn, module),
            Section::Services if *given == Certificate::Issue => {
                listener(system, &record.target, region, &arn, module);
            }
            _ => {}
        }
    }
}

/// A certificate for the name and for the region's own; yields its ARN once it is issued.
fn issue(
    system: &AwsSystem<'_>,
    key: &Name,
    record: &RecordSpec,
    region: &AwsRegion,
    zone: &Template,
    module: &mut ModuleFiles,
) -> String {
    let name = format!("{}__{}", identifier(key.as_str()), region.id());
    let shared = host(system, key, record);
    let certificate = ResourceType::AcmCertificate.named(&name);
    module.declare(
        TOPIC,
        &certificate,
        body! {
            "provider": region.provider(),
            "domain_name": &shared,
            "subject_alternative_names": [host_in(system, key, record, region)],
            "validation_method": "DNS",
            "lifecycle": body! { "create_before_destroy": true },
        },
    );
    // What proves that a name is ours is the same in every region, so one record proves the shared name
    // for all of them.
    let home = region.aws == system.home().aws;
    let which = if home {
        String::new()
    } else {
        format!(" if option.domain_name != \"{shared}\"")
    };
    let options = format!(
        "{{ for option in {} : option.domain_name => option{which} }}",
        certificate.domain_validation_options().expression()
    );
    module.declare(
        TOPIC,
        &ResourceType::Route53Record.named(format!("{name}__proof")),
        body! {
            "for_each": Template::of(options),
            "zone_id": zone,
            "name": "${each.value.resource_record_name}",
            "type": "${each.value.resource_record_type}",
            "records": ["${each.value.resource_record_value}"],
            "ttl": 60,
        },
    );
    let own = format!("values(aws_route53_record.{name}__proof)[*].fqdn");
    let proofs = if home {
        own
    } else {
        let first = format!("{}__{}", identifier(key.as_str()), system.home().id());
        format!("concat({own}, [aws_route53_record.{first}__proof[\"{shared}\"].fqdn])")
    };
    module.declare(
        TOPIC,
        &ResourceType::AcmCertificateValidation.named(&name),
        body! {
            "provider": region.provider(),
            "certificate_arn": certificate.arn(),
            "validation_record_fqdns": Template::of(proofs),
        },
    );
    ResourceType::AcmCertificateValidation
        .named(&name)
        .certificate_arn()
        .to_string()
}

/// The name and the region's own as custom domains of an interface.
fn domains(
    system: &AwsSystem<'_>,
    key: &Name,
    record: &RecordSpec,
    region: &AwsRegion,
    certificate: &str,
    module: &mut ModuleFiles,
) {
    let Some(function) = system.blueprint.functions.get(&record.target) else {
        return;
    };
    let target = record.target.as_str();
    let interface = format!("{}__api__{}", identifier(target), region.id());
    let interface = ResourceType::SsmParameter.data(interface);
    if !module.has(&interface) {
        module.declare(
            TOPIC,
            &interface,
            body! { "provider": region.provider(), "name": api::parameter(system, target, region) },
        );
    }
    let shared = format!("{}__{}", identifier(key.as_str()), region.id());
    let hosts = [
        (shared.clone(), host(system, key, record)),
        (
            format!("{shared}__own"),
            host_in(system, key, record, region),
        ),
    ];
    for (name, host) in hosts {
        module.declare(
            TOPIC,
            &ResourceType::ApiGatewayDomainName.named(&name),
            body! {
                "provider": region.provider(),
                "domain_name": host,
                "regional_certificate_arn": certificate,
                "security_policy": "TLS_1_2",
                "endpoint_configuration": body! { "types": ["REGIONAL"] },
            },
        );
        module.declare(TOPIC, &ResourceType::ApiGatewayBasePathMapping.named(&name), body! {
                "provider": region.provider(),
                "domain_name": ResourceType::ApiGatewayDomainName.named(&name).domain_name(),
                "api_id": Template::of(format_args!("nonsensitive({})", interface.value().expression())),
                "stage_name": function.stage.as_str(),
            });
    }
}

/// The listener of a balancer that serves over TLS.
fn listener(
    system: &AwsSystem<'_>,
    name: &Name,
    region: &AwsRegion,
    certificate: &str,
    module: &mut ModuleFiles,
) {
    let balancer = service::look_up(system, region, name.as_str(), module).arn();
    let action = service::default_action(system, region, name, &mut Groups::Global(module));
    let mut body = body! { "provider": region.provider() };
    body.append(service::secure_listener(&balancer, certificate, action));
    let key = format!("{}__{}", service::key_of(name.as_str()), region.id());
    let listener = ResourceType::LbListener.named(key);
    module.declare(TOPIC, &listener, body);
    let listener = listener.arn();
    service::rules(system, region, name, &listener, &mut Groups::Global(module));
}
