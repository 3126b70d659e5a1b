//! What the page tells operators of functions.

use crate::kind::contract::Explainable;
use crate::kind::function::naming;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Functions, as the page tells of them.
pub(crate) struct ExplainableFunctions;

impl Explainable for ExplainableFunctions {
    fn before(&self, system: &AwsSystem<'_>) -> Vec<String> {
        let functions = system.blueprint.functions.values();
        let mut packages: Vec<&str> = functions.map(|each| each.package.as_str()).collect();
        packages.sort_unstable();
        packages.dedup();
        if packages.is_empty() {
            return Vec::new();
        }
        let mut items = vec![put_packages(&packages)];
        if packages.contains(&FAILOVER_TRIGGER) {
            items.push(format!(
                "The code of `{FAILOVER_TRIGGER}` comes with Standfast's run time for AWS. Until then a package \
                 of that name has to be put there by you; its environment tells it everything it needs."
            ));
        }
        items
    }

    fn fencing(&self, system: &AwsSystem<'_>, home: &AwsRegion) -> Vec<String> {
        let serving = naming::in_region(system, home)
            .filter(|(_, function)| !function.routes.is_empty() || function.balancer.is_some());
        serving
            .map(|(name, _)| {
                format!(
                    "aws lambda put-function-concurrency --region {} --function-name {} \
                     --reserved-concurrent-executions 0",
                    home.aws,
                    naming::name_in(system, name.as_str(), home)
                )
            })
            .collect()
    }

    fn taking_over(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn afterwards(&self, _: &AwsSystem<'_>, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn drills(&self, _: &AwsSystem<'_>) -> Vec<String> {
        Vec::new()
    }
}

fn put_packages(packages: &[&str]) -> String {
    let packages: Vec<String> = packages
        .iter()
        .map(|name| format!("`{name}.zip`"))
        .collect();
    format!(
        "Put the packages of functions ({}) into a folder `packages` beside the modules, or name \
         another with the variable `packages`. `cargo xtask package` builds those that come with Standfast.",
        packages.join(", ")
    )
}

/// The package of the function that moves databases by itself.
const FAILOVER_TRIGGER: &str = "failover-trigger";
