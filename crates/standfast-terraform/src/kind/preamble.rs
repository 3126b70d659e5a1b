//! What every root module begins with: which Terraform and provider it is for, where its state is kept,
//! the account, and the tags of all resources.

use crate::kind::alarm;
use crate::kind::requirements;
use crate::kind::series::ROUTE53_REGION;
use crate::syntax::json::{Body, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;
use crate::system::aws::{AwsSystem, GLOBAL};
use crate::system::name::identifier;
use crate::system::region::AwsRegion;
use crate::system::tags;

const TOPIC: &str = "main";

/// Declares the beginning of the module of a region.
pub(crate) fn declare(system: &AwsSystem<'_>, region: &AwsRegion, module: &mut ModuleFiles) {
    terraform(system, &region.aws, module);
    module.set(
        TOPIC,
        "provider",
        body! { "aws": [provider(system, &region.aws, &region.aws)] },
    );
    account(module);
    module.output(
        &format!("environment_{}", region.id()),
        "Which of several copies of the system this is.",
        literal(system.blueprint.environment.as_str()),
    );
    module.output(
        &format!("region_{}", region.id()),
        "Where this module's resources are.",
        &region.aws,
    );
}

/// Declares the beginning of the module that spans regions: a provider for each, and one for what belongs to none.
pub(crate) fn declare_global(system: &AwsSystem<'_>, module: &mut ModuleFiles) {
    terraform(system, GLOBAL, module);
    let own = system.latch_region().unwrap_or_else(|| system.home());
    let mut providers = vec![provider(system, &own.aws, GLOBAL)];
    let mut regions: Vec<&str> = system
        .regions
        .iter()
        .map(|region| region.aws.as_str())
        .collect();
    if alarm::on_checkers(system) && !regions.contains(&ROUTE53_REGION) {
        regions.push(ROUTE53_REGION);
    }
    for region in regions {
        let mut aliased = body! { "alias": identifier(region) };
        aliased.append(provider(system, region, region));
        providers.push(aliased);
    }
    let regions: Vec<&str> = system
        .data_regions()
        .map(|region| region.aws.as_str())
        .collect();
    module.output(
        "regions",
        "The regions that hold data, in the order of the blueprint.",
        regions,
    );
    module.set(TOPIC, "provider", body! { "aws": providers });
    account(module);
}

fn terraform(system: &AwsSystem<'_>, folder: &str, module: &mut ModuleFiles) {
    let mut body = requirements::of_module();
    if let Some(state) = &system.blueprint.state {
        let region = system
            .regions
            .iter()
            .find(|region| region.name == state.region);
        let region = region.map_or(state.region.as_str(), |region| region.aws.as_str());
        body.set(
            "backend",
            body! {
                "s3": body! {
                    "bucket": literal(&state.bucket),
                    "key": format!("{}/{folder}/terraform.tfstate", system.full_name()),
                    "region": region,
                    "encrypt": true,
                    "use_lockfile": true,
                },
            },
        );
    }
    module.set(TOPIC, "terraform", body);
}

fn provider(system: &AwsSystem<'_>, region: &str, tagged: &str) -> Body {
    body! {
        "region": region,
        "default_tags": body! { "tags": tags::of_everything(system, tagged) },
    }
}

/// Declares the account that the module is applied to, for ARNs.
fn account(module: &mut ModuleFiles) {
    module.declare(
        TOPIC,
        &ResourceType::CallerIdentity.data("current"),
        Body::default(),
    );
    module.declare(
        TOPIC,
        &ResourceType::Partition.data("current"),
        Body::default(),
    );
    module.local(
        TOPIC,
        "account",
        ResourceType::CallerIdentity.data("current").account_id(),
    );
    module.local(
        TOPIC,
        "partition",
        ResourceType::Partition.data("current").partition(),
    );
}
