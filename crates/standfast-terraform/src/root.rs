//! What every root module begins with: which Terraform and provider it is for, where its state is kept,
//! the account, and the tags of all resources.

use crate::alarm;
use crate::metric::ROUTE53_REGION;
use crate::name::identifier;
use crate::plan::{Place, Plan};
use crate::syntax::json::{Body, Json, body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::provider::ResourceType;

/// The oldest Terraform: ephemeral values and write-only arguments came with 1.11 (of `OpenTofu`, too).
const TERRAFORM: &str = ">= 1.11.0";

/// The provider: valid under two major versions, checked with the first of these and a later one.
const PROVIDER: &str = ">= 5.100.0, < 7.0.0";

const TOPIC: &str = "main";

/// The folder of what spans regions.
pub(crate) const GLOBAL: &str = "global";

fn requirements_body() -> Body {
    body! {
        "required_version": TERRAFORM,
        "required_providers": body! {
            "aws": body! { "source": "hashicorp/aws", "version": PROVIDER },
        },
    }
}

/// What a module within a module says of itself.
pub(crate) fn requirements(topic: &str, module: &mut ModuleFiles) {
    module.set(topic, "terraform", requirements_body());
}

/// The module of a region.
pub(crate) fn write(plan: &Plan<'_>, place: &Place, module: &mut ModuleFiles) {
    terraform(plan, &place.aws, module);
    module.set(
        TOPIC,
        "provider",
        body! { "aws": [provider(plan, &place.aws, &place.aws)] },
    );
    account(module);
    module.output(
        &format!("environment_{}", place.id()),
        "Which of several copies of the system this is.",
        literal(plan.blueprint.environment.as_str()),
    );
    module.output(
        &format!("region_{}", place.id()),
        "Where this module's resources are.",
        &place.aws,
    );
}

/// The module that spans regions: a provider for each, and one for what belongs to none.
pub(crate) fn write_global(plan: &Plan<'_>, module: &mut ModuleFiles) {
    terraform(plan, GLOBAL, module);
    let own = plan.latch_place().unwrap_or_else(|| plan.home());
    let mut providers = vec![provider(plan, &own.aws, GLOBAL)];
    let mut regions: Vec<&str> = plan.places.iter().map(|place| place.aws.as_str()).collect();
    if alarm::on_checkers(plan) && !regions.contains(&ROUTE53_REGION) {
        regions.push(ROUTE53_REGION);
    }
    for region in regions {
        let mut aliased = body! { "alias": identifier(region) };
        aliased.append(provider(plan, region, region));
        providers.push(aliased);
    }
    let regions: Vec<&str> = plan.data_places().map(|place| place.aws.as_str()).collect();
    module.output(
        "regions",
        "The regions that hold data, in the order of the blueprint.",
        regions,
    );
    module.set(TOPIC, "provider", body! { "aws": providers });
    account(module);
}

fn terraform(plan: &Plan<'_>, folder: &str, module: &mut ModuleFiles) {
    let mut body = requirements_body();
    if let Some(state) = &plan.blueprint.state {
        let region = plan
            .places
            .iter()
            .find(|place| place.region == state.region);
        let region = region.map_or(state.region.as_str(), |place| place.aws.as_str());
        body.set(
            "backend",
            body! {
                "s3": body! {
                    "bucket": literal(&state.bucket),
                    "key": format!("{}/{folder}/terraform.tfstate", plan.system()),
                    "region": region,
                    "encrypt": true,
                    "use_lockfile": true,
                },
            },
        );
    }
    module.set(TOPIC, "terraform", body);
}

/// The tags that nothing changes from run to run. A tag of the blueprint stands in for one of these with
/// the same key, whatever its case: some services do not tell `Region` from `region`.
pub(crate) fn tags(plan: &Plan<'_>, region: &str) -> Body {
    let own = [
        ("Environment", plan.blueprint.environment.to_string()),
        ("ManagedBy", "standfast".to_owned()),
        ("Region", region.to_owned()),
        ("System", plan.system()),
    ];
    let given = || {
        let tags = plan.blueprint.tags.iter();
        tags.filter(|(_, value)| !value.contains("{role}"))
    };
    let own = own.into_iter().filter(|(key, _)| {
        let same = |(given, _): (&standfast_blueprint::TagName, &String)| {
            given.as_str().eq_ignore_ascii_case(key)
        };
        !given().any(same)
    });
    let mut tags: Body = own.map(|(key, value)| (key, Json::from(value))).collect();
    for (key, value) in given() {
        let value = literal(&value.replace("{region}", region));
        tags.set(key.as_str(), value);
    }
    tags
}

fn provider(plan: &Plan<'_>, region: &str, tagged: &str) -> Body {
    body! {
        "region": region,
        "default_tags": body! { "tags": tags(plan, tagged) },
    }
}

/// The account that the module is applied to, for ARNs.
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
