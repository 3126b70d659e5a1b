//! The right to move every database to another region and to turn the latch, and what its holder is told, so
//! that nothing is looked up on the bad day.

use std::collections::BTreeMap;

use crate::kind::database::naming;
use crate::kind::series;
use crate::kind::topic;
use crate::syntax::policy::Statement;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::latch::{METRIC, namespace};

/// The right to move every database to another region, and to turn the latch.
pub(crate) fn statements(system: &AwsSystem<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut resources = Vec::new();
    for database in naming::global(system) {
        let global = naming::global_cluster_id(system, database);
        let global = format!("global-cluster:{global}");
        // A global cluster belongs to the account, not to a region.
        resources.push(arn::in_account("rds", "", &global));
        let regions = system.data_regions();
        resources.extend(regions.map(|region| naming::cluster_arn(system, database, region)));
    }
    let databases = system.blueprint.databases.iter();
    let replicas: Vec<String> = databases
        .filter(|database| !naming::is_aurora(database.engine) && database.node_counts.standby > 0)
        .flat_map(|database| {
            let standbys = system.standbys();
            standbys.map(|region| naming::instance_arn(system, database, region))
        })
        .collect();
    if !replicas.is_empty() {
        let actions = ["rds:DescribeDBInstances", "rds:PromoteReadReplica"];
        statements.push(Statement::allow("Promote", &actions, replicas));
    }
    if !resources.is_empty() {
        statements.push(Statement::allow(
            "Failover",
            &[
                "rds:DescribeDBClusters",
                "rds:DescribeGlobalClusters",
                "rds:FailoverGlobalCluster",
                "rds:SwitchoverGlobalCluster",
            ],
            resources,
        ));
    }
    // Reading metrics takes no resource: the lag says what a failover would lose.
    let anything = vec!["*".to_owned()];
    statements.push(Statement::allow(
        "Lag",
        &["cloudwatch:GetMetricData"],
        anything,
    ));
    statements.push(series::publish("Latch", &namespace(system)));
    let topics = system
        .regions
        .iter()
        .map(|region| topic::arn(system, region));
    statements.push(Statement::allow("Tell", &["sns:Publish"], topics.collect()));
    statements
}

/// Everything a failover needs to know, so that nothing is looked up on the bad day.
pub(crate) fn variables(system: &AwsSystem<'_>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut globals = BTreeMap::new();
    for database in naming::global(system) {
        let clusters: BTreeMap<&str, String> = system
            .data_regions()
            .map(|region| {
                let arn = naming::cluster_arn(system, database, region);
                (region.aws.as_str(), arn)
            })
            .collect();
        globals.insert(naming::global_cluster_id(system, database), clusters);
    }
    let topics: BTreeMap<&str, String> = system
        .regions
        .iter()
        .map(|region| (region.aws.as_str(), topic::arn(system, region)))
        .collect();
    let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
    let mut tell = |variable: &str, value: String| {
        variables.insert(variable.to_owned(), value);
    };
    tell("GLOBAL_CLUSTERS", json(serde_json::to_string(&globals)));
    tell("TOPICS", json(serde_json::to_string(&topics)));
    let failover = &system.blueprint.failover;
    tell("FAILOVER_MODE", failover.mode.to_string());
    tell("LEASE_MS", failover.lease.as_millis().to_string());
    tell("HOLD_DOWN_MS", failover.hold_down.as_millis().to_string());
    tell("COOL_DOWN_MS", failover.cool_down.as_millis().to_string());
    tell("MAX_LOSS_MS", failover.max_loss.as_millis().to_string());
    if let Some(latch) = system.latch_region() {
        tell("LATCH_REGION", latch.aws.clone());
        tell("LATCH_NAMESPACE", namespace(system));
        tell("LATCH_METRIC", METRIC.to_owned());
    }
    variables
}
