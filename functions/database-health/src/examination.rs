//! The examination: where is the database, what does AWS say of it, does it answer?

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_rds::types::DbCluster;
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
    #[error("the reader's endpoint of the cluster {cluster} cannot be used")]
    Reader {
        cluster: String,
        source: endpoint::Error,
    },
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
            | Self::Reader { .. }
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
    /// The one that was tried, or would have been.
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
        let text = parameters::read(&self.config, name)
            .await
            .map_err(Problem::Parameter)?;
        found.endpoint = Some(text.trim().to_owned());
        let of_parameter = |source| Problem::Endpoint {
            name: name.clone(),
            source,
        };
        let address: Address = text.parse().map_err(of_parameter)?;
        let mut endpoint = self.endpoint(&address).map_err(of_parameter)?;
        if let Some(cluster) = &self.settings.cluster {
            let (described, status) = self.describe(cluster).await?;
            found.cluster_status = Some(status.clone());
            if LOST.contains(&status.as_str()) {
                let cluster = cluster.clone();
                return Err(Problem::Lost { cluster, status });
            }
            if let Some(reader) = reader_of_a_follower(&described) {
                found.endpoint = Some(reader.to_owned());
                endpoint = self.reader(reader, address.port).map_err(|source| {
                    let cluster = cluster.clone();
                    Problem::Reader { cluster, source }
                })?;
            }
        }
        self.try_it(&endpoint).await
    }

    fn endpoint(&self, address: &Address) -> Result<Endpoint, endpoint::Error> {
        let settings = &self.settings;
        let port = settings.port.or(address.port);
        Endpoint::new(
            &address.host,
            port.unwrap_or_else(|| settings.engine.port()),
            &settings.database,
            settings.protection.clone(),
        )
    }

    /// A cluster has one port for all its endpoints, and describes them without it.
    fn reader(&self, text: &str, port: Option<u16>) -> Result<Endpoint, endpoint::Error> {
        let reader: Address = text.parse()?;
        self.endpoint(&Address {
            port: reader.port.or(port),
            ..reader
        })
    }

    /// The cluster and its state.
    async fn describe(&self, cluster: &str) -> Result<(DbCluster, String), Problem> {
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
        let described = answer.db_clusters.unwrap_or_default().into_iter().next();
        let status = described.as_ref().and_then(DbCluster::status);
        let status = status.map(str::to_owned);
        described.zip(status).ok_or_else(|| Problem::NoCluster {
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

/// Where to try a cluster that follows another; nothing for one that follows none. While a cluster of a global database
/// follows, the endpoint of its writer is inactive, and only that of its readers answers.
fn reader_of_a_follower(described: &DbCluster) -> Option<&str> {
    let given = |text: &&str| !text.is_empty();
    described.replication_source_identifier().filter(given)?;
    described.reader_endpoint().filter(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: Option<&str>, reader: Option<&str>, expected: Option<&str>) {
        let described = DbCluster::builder()
            .endpoint("writer")
            .set_replication_source_identifier(source.map(str::to_owned))
            .set_reader_endpoint(reader.map(str::to_owned))
            .build();
        assert_eq!(reader_of_a_follower(&described), expected);
    }

    #[test]
    fn a_cluster_that_follows_is_tried_at_its_reader() {
        let source = Some("arn:aws:rds:us-east-1:123456789012:cluster:main");
        check(source, Some("reader"), Some("reader"));
        for no_source in [None, Some("")] {
            check(no_source, Some("reader"), None);
        }
        for no_reader in [None, Some("")] {
            check(source, no_reader, None);
        }
    }
}
