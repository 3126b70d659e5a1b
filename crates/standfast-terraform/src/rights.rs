//! What an actor may do, and what it is told: both follow from what the blueprint says it uses, and
//! from nothing else.
//!
//! No right is given on everything where the service's authorization reference offers a resource. Two
//! actions offer none: `cloudwatch:PutMetricData`, which is held to one namespace instead, and the
//! network interfaces of functions, see [`crate::function`].

use std::collections::{BTreeMap, BTreeSet};

use standfast_blueprint::{DatabaseSpec, FunctionNetwork, Reference, Section, Source, Use};

use crate::latch;
use crate::syntax::json::{body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{self, Statement, statement_id};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::arn::ACCOUNT;
use crate::system::aws::{AwsSystem, is_aurora, port};
use crate::system::name::limit;
use crate::system::region::AwsRegion;

/// The namespace of what functions measure.
pub(crate) const HEALTH_NAMESPACE: &str = "DR/HealthCheck";

/// What an actor may do with buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    ReadAndWrite,
}

/// The right to publish measurements in one namespace.
pub(crate) fn publish(id: &str, namespace: &str) -> Statement {
    Statement::allow(id, &["cloudwatch:PutMetricData"], vec!["*".to_owned()]).when(
        "StringEquals",
        "cloudwatch:namespace",
        namespace,
    )
}

/// The rights that follow from uses, in one region.
pub(crate) fn statements(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    uses: &[Use],
    access: Access,
) -> Vec<Statement> {
    let uses: BTreeSet<&Use> = uses.iter().collect();
    let mut statements = Vec::new();
    for used in uses {
        match used {
            Use::Thing(reference) => thing(system, region, reference, access, &mut statements),
            Use::Metrics => statements.push(publish("Metrics", HEALTH_NAMESPACE)),
            Use::Notify => {
                let topic = system.topic_arn(region);
                statements.push(Statement::allow("Notify", &["sns:Publish"], vec![topic]));
            }
            Use::Failover => failover(system, &mut statements),
        }
    }
    statements
}

fn thing(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    reference: &Reference,
    access: Access,
    statements: &mut Vec<Statement>,
) {
    let name = reference.name.as_str();
    match reference.section {
        Section::Databases => {
            if let Some(database) = system.database(name) {
                statements.extend(use_database(system, region, database));
            }
        }
        Section::Tables => {
            let table = arn::in_account(
                "dynamodb",
                &region.aws,
                &format!("table/{}", system.table(name)),
            );
            statements.push(Statement::allow(
                &statement_id("Table", name),
                &[
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "dynamodb:UpdateItem",
                ],
                vec![table],
            ));
        }
        Section::Buckets => {
            let bucket = arn::without_account("s3", &system.bucket(name, region));
            let objects = format!("{bucket}/*");
            let actions: &[&str] = match access {
                Access::Read => &["s3:GetObject"],
                Access::ReadAndWrite => &["s3:GetObject", "s3:PutObject"],
            };
            statements.push(Statement::allow(
                &statement_id("Bucket", name),
                &["s3:ListBucket"],
                vec![bucket],
            ));
            statements.push(Statement::allow(
                &statement_id("Objects", name),
                actions,
                vec![objects],
            ));
        }
        Section::Parameters => {
            let path = parameter_path(system, name, region);
            let parameter = arn::in_account("ssm", &region.aws, &format!("parameter{path}"));
            let actions = ["ssm:GetParameter", "ssm:GetParameters"];
            statements.push(Statement::allow(
                &statement_id("Parameter", name),
                &actions,
                vec![parameter],
            ));
        }
        // A name is looked up like any other; nothing else can be used.
        Section::Names | Section::Services | Section::Functions => {}
    }
}

fn use_database(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    database: &DatabaseSpec,
) -> [Statement; 2] {
    let name = database.name.as_str();
    let id = system.database_id(database, region);
    let describe = if is_aurora(database.engine) {
        let cluster = arn::in_account("rds", &region.aws, &format!("cluster:{id}"));
        Statement::allow(
            &statement_id("Describe", name),
            &["rds:DescribeDBClusters"],
            vec![cluster],
        )
    } else {
        let instance = arn::in_account("rds", &region.aws, &format!("db:{id}"));
        Statement::allow(
            &statement_id("Describe", name),
            &["rds:DescribeDBInstances"],
            vec![instance],
        )
    };
    // AWS adds a hyphen and six characters to the name of a secret.
    let secret = format!("secret:{}-??????", system.secret_name(database));
    let secret = arn::in_account("secretsmanager", &region.aws, &secret);
    let credentials = Statement::allow(
        &statement_id("Credentials", name),
        &["secretsmanager:GetSecretValue"],
        vec![secret],
    );
    [describe, credentials]
}

/// The right to move every database to another region, and to turn the latch.
fn failover(system: &AwsSystem<'_>, statements: &mut Vec<Statement>) {
    let mut resources = Vec::new();
    for database in global_databases(system) {
        let global = system.global_cluster_id(database);
        // A global cluster belongs to the account, not to a region.
        resources.push(arn::in_account(
            "rds",
            "",
            &format!("global-cluster:{global}"),
        ));
        for region in system.data_regions() {
            let id = system.database_id(database, region);
            resources.push(arn::in_account(
                "rds",
                &region.aws,
                &format!("cluster:{id}"),
            ));
        }
    }
    let replicas: Vec<String> = system
        .blueprint
        .databases
        .iter()
        .filter(|database| !is_aurora(database.engine) && database.node_counts.standby > 0)
        .flat_map(|database| {
            system.standbys().map(|region| {
                let id = system.database_id(database, region);
                arn::in_account("rds", &region.aws, &format!("db:{id}"))
            })
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
    statements.push(publish("Latch", &latch::namespace(system)));
    let topics = system.regions.iter().map(|region| system.topic_arn(region));
    statements.push(Statement::allow("Tell", &["sns:Publish"], topics.collect()));
}

/// The databases that one global cluster keeps in several regions.
pub(crate) fn global_databases<'p>(
    system: &'p AwsSystem<'_>,
) -> impl Iterator<Item = &'p DatabaseSpec> + use<'p> {
    let databases = system.blueprint.databases.iter();
    databases.filter(|database| system.is_global(database))
}

/// Where a published parameter lies in a region.
pub(crate) fn parameter_path(system: &AwsSystem<'_>, name: &str, region: &AwsRegion) -> String {
    let parameters = system.blueprint.parameters.iter();
    let mut known = parameters.filter(|(known, _)| known.as_str() == name);
    let given = known
        .next()
        .and_then(|(_, parameter)| parameter.path.clone());
    match given {
        Some(path) => path.as_str().replace("{region}", &region.aws),
        None => format!(
            "/{}/{}/{}/{name}",
            system.blueprint.name, system.blueprint.environment, region.aws
        ),
    }
}

/// What an actor is told through its environment, by variable.
pub(crate) fn environment(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    uses: &[Use],
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    variables.insert("SYSTEM".to_owned(), system.full_name());
    for used in uses {
        match used {
            Use::Thing(reference) => told_of(system, region, reference, &mut variables),
            Use::Metrics => {
                variables.insert("METRICS_NAMESPACE".to_owned(), HEALTH_NAMESPACE.to_owned());
            }
            Use::Notify => {
                variables.insert("TOPIC_ARN".to_owned(), system.topic_arn(region));
            }
            Use::Failover => told_to_fail_over(system, &mut variables),
        }
    }
    variables
}

fn told_of(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
    reference: &Reference,
    variables: &mut BTreeMap<String, String>,
) {
    let name = reference.name.as_str();
    // The first of a kind has the plain names; others add their own to all of theirs.
    let first = match reference.section {
        Section::Databases => "DATABASE_ENGINE",
        Section::Tables => "TABLE_NAME",
        Section::Buckets => "BUCKET_NAME",
        Section::Names => "ENDPOINTS",
        Section::Parameters | Section::Services | Section::Functions => "ENDPOINT_PARAMETER",
    };
    let taken = variables.contains_key(first);
    let own = name.replace('-', "_").to_ascii_uppercase();
    let mut tell = |variable: &str, value: String| {
        let key = if taken {
            format!("{variable}_{own}")
        } else {
            variable.to_owned()
        };
        variables.entry(key).or_insert(value);
    };
    match reference.section {
        Section::Databases => {
            let Some(database) = system.database(name) else {
                return;
            };
            let engine = match port(database.engine) {
                5432 => "postgres",
                _ => "mysql",
            };
            tell("DATABASE_ENGINE", engine.to_owned());
            tell("DATABASE_ENDPOINT", crate::database::writer(database));
            // The writer's endpoint of a cluster that follows leads nowhere.
            tell(
                "DATABASE_READER_ENDPOINT",
                crate::database::reader(database),
            );
            tell("DATABASE_PORT", port(database.engine).to_string());
            tell("DATABASE_NAME", database.database.to_string());
            tell("DATABASE_SECRET", literal(&system.secret_name(database)));
            if is_aurora(database.engine) {
                tell("CLUSTER_ID", system.database_id(database, region));
            }
        }
        Section::Tables => tell("TABLE_NAME", system.table(name)),
        Section::Buckets => tell("BUCKET_NAME", system.bucket(name, region)),
        Section::Parameters => {
            let holds = system.blueprint.parameters.iter();
            let mut holds = holds.filter(|(known, _)| known.as_str() == name);
            let endpoint = holds
                .next()
                .is_some_and(|(_, parameter)| matches!(parameter.of, Source::Database(..)));
            let variable = if endpoint {
                "ENDPOINT_PARAMETER"
            } else {
                "PARAMETER"
            };
            tell(variable, parameter_path(system, name, region));
        }
        Section::Names => tell("ENDPOINTS", endpoints(system, region, name)),
        Section::Services | Section::Functions => {}
    }
}

/// Where the other regions answer under a name, as JSON: the health route of each.
fn endpoints(system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> String {
    let records = system.blueprint.names.records.iter();
    let mut records = records.filter(|(known, _)| known.as_str() == name);
    let Some((key, record)) = records.next() else {
        return "{}".to_owned();
    };
    let probe = record.probe.as_ref();
    let path = probe
        .and_then(|probe| probe.https.as_ref().or(probe.http.as_ref()))
        .map_or("/", |path| path.as_str());
    let secure = probe.is_none_or(|probe| probe.http.is_none());
    let scheme = if secure { "https" } else { "http" };
    let others = system
        .data_regions()
        .filter(|other| other.aws != region.aws);
    let others: BTreeMap<&str, String> = others
        .map(|other| {
            let host = crate::record::host_in(system, key, record, other);
            (other.aws.as_str(), format!("{scheme}://{host}{path}"))
        })
        .collect();
    serde_json::to_string(&others).unwrap_or_default()
}

/// Everything a failover needs to know, so that nothing is looked up on the bad day.
fn told_to_fail_over(system: &AwsSystem<'_>, variables: &mut BTreeMap<String, String>) {
    let mut globals = BTreeMap::new();
    for database in global_databases(system) {
        let clusters: BTreeMap<&str, String> = system
            .data_regions()
            .map(|region| {
                let id = system.database_id(database, region);
                let arn = arn::in_account("rds", &region.aws, &format!("cluster:{id}"));
                (region.aws.as_str(), arn)
            })
            .collect();
        globals.insert(system.global_cluster_id(database), clusters);
    }
    let topics: BTreeMap<&str, String> = system
        .regions
        .iter()
        .map(|region| (region.aws.as_str(), system.topic_arn(region)))
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
        tell("LATCH_NAMESPACE", latch::namespace(system));
        tell("LATCH_METRIC", latch::METRIC.to_owned());
    }
}

/// The services of AWS that something inside the private network of a region calls, by the names of
/// their endpoints.
pub(crate) fn services_used_privately(
    system: &AwsSystem<'_>,
    region: &AwsRegion,
) -> BTreeSet<&'static str> {
    let functions = system.blueprint.functions.values();
    let functions = functions
        .filter(|function| function.network == FunctionNetwork::Private)
        .filter(|function| function.runs.includes(region.kind))
        .flat_map(|function| &function.uses);
    let services = system.blueprint.services.values();
    let services = services
        .filter(|service| service.instances.is_some())
        .flat_map(|service| &service.uses);
    let mut used = BTreeSet::new();
    for each in functions.chain(services) {
        let names: &[&'static str] = match each {
            Use::Thing(reference) => match reference.section {
                Section::Databases => &["rds", "secretsmanager"],
                Section::Tables => &["dynamodb"],
                Section::Buckets => &["s3"],
                Section::Parameters => &["ssm"],
                Section::Names | Section::Services | Section::Functions => &[],
            },
            Use::Metrics => &["monitoring"],
            Use::Notify => &["sns"],
            Use::Failover => &["monitoring", "rds", "sns"],
        };
        used.extend(names);
    }
    used
}

/// The log group that an actor writes to, and the right to.
pub(crate) fn write_logs(region: &AwsRegion, group: &str) -> Statement {
    let streams = arn::in_account(
        "logs",
        &region.aws,
        &format!("log-group:{group}:log-stream:*"),
    );
    Statement::allow(
        "Logs",
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        vec![streams],
    )
}

/// A role, its rights and the names they have.
pub(crate) struct IamRole<'a> {
    /// Its key among resources.
    pub(crate) key: &'a str,
    /// What it is called.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) why: &'a str,
    /// Who takes it.
    pub(crate) trust: Statement,
    /// What it may do.
    pub(crate) statements: Vec<Statement>,
}

impl IamRole<'_> {
    /// Declares the role with its only policy.
    pub(crate) fn write(self, topic: &str, module: &mut ModuleFiles) {
        let key = self.key;
        let trust = policy::document(module, topic, &format!("{key}__trust"), vec![self.trust]);
        let role = ResourceType::IamRole.named(key);
        module.declare(
            topic,
            &role,
            body! {
                "name": crate::system::name::shortened(&self.name, limit::FUNCTION),
                "description": self.why,
                "assume_role_policy": trust,
            },
        );
        if self.statements.is_empty() {
            return;
        }
        let rights = policy::document(module, topic, key, self.statements);
        module.declare(
            topic,
            &ResourceType::IamRolePolicy.named(key),
            body! { "name": "rights", "role": role.id(), "policy": rights },
        );
    }
}

/// The right to take a role, of a service that says for whom it acts, and for this account only.
pub(crate) fn assumed_for_this_account(service: &str) -> Statement {
    Statement::assume(service).when("StringEquals", "aws:SourceAccount", ACCOUNT)
}
