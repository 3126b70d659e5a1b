//! Certificates of names that are served over TLS, and what serves under them: made beside the names,
//! since it is through records of the zone that a certificate authority sees whose they are.

use standfast_blueprint::{Certificate, Section};

use crate::kind::contract::CERTIFICATES_TOPIC;
use crate::kind::function::domain;
use crate::kind::record::host::{host, host_in, serves};
use crate::kind::record::steering::{ZoneRecord, own_key};
use crate::kind::service::listener;
use crate::syntax::address::{Address, Template};
use crate::syntax::json::body;
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Declares the certificates of a name in every region that serves under it, and what serves with them.
pub(crate) fn declare(
    system: &AwsSystem<'_>,
    entry: &ZoneRecord<'_>,
    target: Section,
    module: &mut ModuleFiles,
) {
    let record = entry.record;
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
        if behind || !serves(system, record, region) {
            continue;
        }
        let arn = match given {
            Certificate::Issue => issue(system, region, entry, module),
            Certificate::Given(arns) => match arns.get(&region.name) {
                Some(arn) => arn.to_string(),
                None => continue,
            },
        };
        match target {
            Section::Functions => domains(system, region, entry, &arn, module),
            Section::Services if *given == Certificate::Issue => {
                listener::declare_global(system, region, &record.target, &arn, module);
            }
            _ => {}
        }
    }
}

/// A certificate for the name and for the region's own; yields its ARN once it is issued.
fn issue(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    entry: &ZoneRecord<'_>,
    module: &mut ModuleFiles,
) -> String {
    let name = region.key_of(entry.key.as_str());
    let shared = host(system, entry.key, entry.record);
    let certificate = ResourceType::AcmCertificate.named(&name);
    module.declare(
        CERTIFICATES_TOPIC,
        &certificate,
        body! {
            "provider": region.provider(),
            "domain_name": &shared,
            "subject_alternative_names": [host_in(system, entry.key, entry.record, region)],
            "validation_method": "DNS",
            "lifecycle": body! { "create_before_destroy": true },
        },
    );
    let proofs = prove(system, region, entry, &certificate, &shared, module);
    let validation = ResourceType::AcmCertificateValidation.named(name);
    module.declare(
        CERTIFICATES_TOPIC,
        &validation,
        body! {
            "provider": region.provider(),
            "certificate_arn": certificate.arn(),
            "validation_record_fqdns": proofs,
        },
    );
    validation.certificate_arn().to_string()
}

/// The records that prove whose the names of a certificate are; yields their names.
fn prove(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    entry: &ZoneRecord<'_>,
    certificate: &Address,
    shared: &str,
    module: &mut ModuleFiles,
) -> Template {
    // What proves that a name is ours is the same in every region, so one record proves the shared name
    // for all of them.
    let home = region.aws == system.home().aws;
    let which = if home {
        String::new()
    } else {
        format!(" if option.domain_name != \"{shared}\"")
    };
    let options = certificate.domain_validation_options();
    let options = options.expression();
    let each = |value: &str| Template::of(format_args!("each.value.{value}"));
    let proof = proof_address(entry, region);
    module.declare(
        CERTIFICATES_TOPIC,
        &proof,
        body! {
            "for_each": Template::of(format_args!(
                "{{ for option in {options} : option.domain_name => option{which} }}"
            )),
            "zone_id": entry.zone,
            "name": each("resource_record_name"),
            "type": each("resource_record_type"),
            "records": [each("resource_record_value")],
            "ttl": 60,
        },
    );
    let own = format!("values({proof})[*].fqdn");
    if home {
        return Template::of(own);
    }
    let first = proof_address(entry, system.home());
    Template::of(format_args!("concat({own}, [{first}[\"{shared}\"].fqdn])"))
}

fn proof_address(entry: &ZoneRecord<'_>, region: &AwsRegion) -> Address {
    let name = region.key_of(entry.key.as_str());
    ResourceType::Route53Record.named(format!("{name}__proof"))
}

/// The name and the region's own as custom domains of an interface.
fn domains(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    entry: &ZoneRecord<'_>,
    certificate: &str,
    module: &mut ModuleFiles,
) {
    let target = &entry.record.target;
    let Some(function) = system.blueprint.functions.get(target) else {
        return;
    };
    let shared = host(system, entry.key, entry.record);
    let own = host_in(system, entry.key, entry.record, region);
    let names = [
        (region.key_of(entry.key.as_str()), shared),
        (own_key(entry.key, region), own),
    ];
    for (key, host) in &names {
        let function = (target, function);
        domain::declare(system, region, function, (key, host), certificate, module);
    }
}
