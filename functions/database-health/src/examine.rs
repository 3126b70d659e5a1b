//! The examination: where is the database, what does AWS say of it, does it answer?

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use standfast_functions::Cause;
use standfast_functions::aws::parameters;
use standfast_functions::aws::secrets::Secret;
use standfast_functions::clock;
use standfast_functions::credentials::Cached;
use standfast_functions::endpoint::{self, Address, Endpoint};

use crate::settings::{Engine, Settings};
use crate::{mysql, postgres};

/// What of an invocation is kept for telling people: a call to AWS takes four seconds at most.
const TELL_WITHIN: Duration = Duration::from_secs(5);

/// States of a cluster in which it is lost or about to be, whatever it still answers. In all others (some of which
/// are unknown today) the database itself is believed.
const LOST: [&str; 6] = [
    "deleting",
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "stopped",
    "stopping",
];

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the endpoint of the database is not known")]
    Parameter(#[source] parameters::Error),
    #[error("the parameter {name} holds no endpoint that can be used")]
    Endpoint {
        name: String,
        source: endpoint::Error,
    },
    #[error("cannot describe the cluster {cluster}")]
    Describe { cluster: String, source: Cause },
    #[error("there is no cluster {cluster}")]
    NoCluster { cluster: String },
    #[error("the cluster {cluster} is {status}")]
    Lost { cluster: String, status: String },
    #[error("nobody knows how to log in to the database")]
    Credentials(#[source] Cause),
    #[error("the database does not serve")]
    Database(#[source] Cause),
    #[error("the examination was not done within {} s", .0.as_secs())]
    Late(Duration),
    #[error("the result of a good examination could not be published")]
    Publish(#[source] Cause),
}

impl Problem {
    /// Whether the check failed, and not the database.
    pub(crate) fn is_of_the_check(&self) -> bool {
        match self {
            Self::Parameter(_)
            | Self::Endpoint { .. }
            | Self::Describe { .. }
            | Self::NoCluster { .. }
            | Self::Credentials(_)
            | Self::Publish(_) => true,
            Self::Lost { .. } | Self::Database(_) | Self::Late(_) => false,
        }
    }
}

/// What was found, as far as one got.
#[derive(Debug, Default)]
pub(crate) struct Examination {
    /// As AWS calls it.
    pub(crate) cluster_status: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) problem: Option<Problem>,
}

/// Examines the database.
#[derive(Debug)]
pub(crate) struct Examiner {
    config: SdkConfig,
    rds: aws_sdk_rds::Client,
    credentials: Cached<Secret>,
    settings: Settings,
}

impl Examiner {
    pub(crate) fn new(config: SdkConfig, settings: Settings) -> Self {
        Self {
            rds: aws_sdk_rds::Client::new(&config),
            credentials: Cached::new(Secret::new(&config, &settings.secret)),
            config,
            settings,
        }
    }

    /// Examines the database, soon enough before the deadline of the invocation.
    pub(crate) async fn examine(&self, deadline_at: SystemTime) -> Examination {
        let within = clock::remaining(deadline_at).saturating_sub(TELL_WITHIN);
        let mut found = Examination::default();
        let result = tokio::time::timeout(within, self.find_out(&mut found)).await;
        found.problem = match result {
            Ok(Ok(())) => None,
            Ok(Err(problem)) => Some(problem),
            Err(_) => Some(Problem::Late(within)),
        };
        found
    }

    async fn find_out(&self, found: &mut Examination) -> Result<(), Problem> {
        let name = &self.settings.endpoint_parameter;
        let endpoint = parameters::read(&self.config, name)
            .await
            .map_err(Problem::Parameter)?;
        found.endpoint = Some(endpoint.trim().to_owned());
        let endpoint = self
            .endpoint(&endpoint)
            .map_err(|source| Problem::Endpoint {
                name: name.clone(),
                source,
            })?;
        if let Some(cluster) = &self.settings.cluster {
            let status = self.status(cluster).await?;
            found.cluster_status = Some(status.clone());
            if LOST.contains(&status.as_str()) {
                let cluster = cluster.clone();
                return Err(Problem::Lost { cluster, status });
            }
        }
        self.try_it(&endpoint).await
    }

    fn endpoint(&self, text: &str) -> Result<Endpoint, endpoint::Error> {
        let settings = &self.settings;
        let address: Address = text.parse()?;
        let port = settings.port.or(address.port);
        Endpoint::new(
            &address.host,
            port.unwrap_or_else(|| settings.engine.port()),
            &settings.database,
            settings.protection.clone(),
        )
    }

    async fn status(&self, cluster: &str) -> Result<String, Problem> {
        let answer = self
            .rds
            .describe_db_clusters()
            .db_cluster_identifier(cluster)
            .send()
            .await
            .map_err(|error| Problem::Describe {
                cluster: cluster.to_owned(),
                source: error.into(),
            })?;
        let described = answer.db_clusters().first();
        let status = described.and_then(|described| described.status());
        status.map(str::to_owned).ok_or_else(|| Problem::NoCluster {
            cluster: cluster.to_owned(),
        })
    }

    async fn try_it(&self, endpoint: &Endpoint) -> Result<(), Problem> {
        match self.settings.engine {
            Engine::Postgres => {
                let tried = postgres::try_it(endpoint, &self.credentials).await;
                tried.map_err(|error| match error.credentials() {
                    Some(_) => Problem::Credentials(error.into()),
                    None => Problem::Database(error.into()),
                })
            }
            Engine::Mysql => {
                let tried = mysql::try_it(endpoint, &self.credentials).await;
                tried.map_err(|error| match error.credentials() {
                    Some(_) => Problem::Credentials(error.into()),
                    None => Problem::Database(error.into()),
                })
            }
        }
    }
}
