//! What the use of a database gives, what of it is published, and where names lead that lead to it.

use standfast_blueprint::{DatabaseFact, Engine, Name, RecordSpec, Source};

use crate::kind::contract::{
    Access, NAMES_TOPIC, Nameable, NetworkPath, Publishable, RecordAnswer, ToldVariables, Usable,
};
use crate::kind::database::{clients, naming};
use crate::syntax::json::{body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::{Statement, statement_id};
use crate::syntax::provider::ResourceType;
use crate::system::arn;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// Databases, as functions and services use them.
pub(crate) struct UsableDatabases;

impl Usable for UsableDatabases {
    fn statements(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
        _: Access,
    ) -> Vec<Statement> {
        let Some(database) = system.database(name) else {
            return Vec::new();
        };
        let (action, described) = if naming::is_aurora(database.engine) {
            let cluster = naming::cluster_arn(system, database, region);
            ("rds:DescribeDBClusters", cluster)
        } else {
            let instance = naming::instance_arn(system, database, region);
            ("rds:DescribeDBInstances", instance)
        };
        // AWS adds a hyphen and six characters to the name of a secret.
        let secret = format!("secret:{}-??????", naming::secret_name(system, database));
        let secret = arn::in_account("secretsmanager", &region.aws, &secret);
        vec![
            Statement::allow(&statement_id("Describe", name), &[action], vec![described]),
            Statement::allow(
                &statement_id("Credentials", name),
                &["secretsmanager:GetSecretValue"],
                vec![secret],
            ),
        ]
    }

    fn variables(&self, system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> ToldVariables {
        let first = "DATABASE_ENGINE";
        let Some(database) = system.database(name) else {
            let values = Vec::new();
            return ToldVariables { first, values };
        };
        let engine = match database.engine {
            Engine::Postgres | Engine::AuroraPostgresql => "postgres",
            Engine::Mysql | Engine::AuroraMysql => "mysql",
        };
        let secret = literal(&naming::secret_name(system, database));
        let mut values = vec![
            (first, engine.to_owned()),
            ("DATABASE_ENDPOINT", naming::writer(database).to_string()),
            // The writer's endpoint of a cluster that follows leads nowhere.
            (
                "DATABASE_READER_ENDPOINT",
                naming::reader(database).to_string(),
            ),
            ("DATABASE_PORT", naming::port(database.engine).to_string()),
            ("DATABASE_NAME", database.database.to_string()),
            ("DATABASE_SECRET", secret),
        ];
        if naming::is_aurora(database.engine) {
            values.push(("CLUSTER_ID", naming::id(system, database, region)));
        }
        ToldVariables { first, values }
    }

    fn paths(&self, system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> Vec<NetworkPath> {
        let database = system.database(name);
        database.map_or_else(Vec::new, |database| {
            clients::paths(system, region, database)
        })
    }

    fn endpoints(&self) -> &'static [&'static str] {
        &["rds", "secretsmanager"]
    }
}

/// Databases, as parameters tell of them.
pub(crate) struct PublishableDatabases;

impl Publishable for PublishableDatabases {
    fn value(&self, system: &AwsSystem<'_>, region: &AwsRegion, source: &Source) -> Option<String> {
        let Source::Database(reference, fact) = source else {
            return None;
        };
        let database = system.database(&reference.name)?;
        if database.node_counts.of(region.kind) == 0 {
            return None;
        }
        Some(match fact {
            DatabaseFact::Writer => naming::writer(database).to_string(),
            DatabaseFact::Reader => naming::reader(database).to_string(),
            DatabaseFact::Port => naming::port(database.engine).to_string(),
            DatabaseFact::Name => literal(database.database.as_str()),
            DatabaseFact::Secret => literal(&naming::secret_name(system, database)),
        })
    }
}

/// Databases, as names lead to them.
pub(crate) struct NameableDatabases;

impl Nameable for NameableDatabases {
    fn answer(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        _: &Name,
        record: &RecordSpec,
        module: &mut ModuleFiles,
    ) -> Option<RecordAnswer> {
        let database = system.database(record.target.as_str())?;
        if database.node_counts.of(region.kind) == 0 {
            return None;
        }
        let key = format!("{}__{}", naming::key(database), region.id());
        let (data, id_key, answer) = if naming::is_aurora(database.engine) {
            let data = ResourceType::RdsCluster.data(key);
            let endpoint = data.endpoint();
            (data, "cluster_identifier", endpoint)
        } else {
            let data = ResourceType::DbInstance.data(key);
            let address = data.address();
            (data, "db_instance_identifier", address)
        };
        if !module.has(&data) {
            let mut body = body! { "provider": region.provider() };
            body.set(id_key, naming::id(system, database, region));
            module.declare(NAMES_TOPIC, &data, body);
        }
        Some(RecordAnswer::Private(answer))
    }
}
