//! What is made of an examination: a metric, and a notice to people when something is wrong.

use aws_config::SdkConfig;
use lambda_runtime::Error;
use serde_json::{Value, json};
use standfast_functions::aws::metrics::{Datum, Health, Metrics};
use standfast_functions::aws::notices::Notices;
use standfast_functions::chain::Chain;
use tracing::{error, info, warn};

use crate::examination::{Examination, Problem};
use crate::settings::Settings;

/// The metric.
const METRIC: &str = "DatabaseHealth";

/// Tells machines and people.
#[derive(Debug)]
pub(crate) struct Teller {
    metrics: Metrics,
    notices: Notices,
    region: String,
    system: Option<String>,
    cluster: Option<String>,
}

impl Teller {
    pub(crate) fn new(config: &SdkConfig, settings: &Settings) -> Self {
        Self {
            metrics: Metrics::new(config),
            notices: Notices::new(config, &settings.topic),
            region: settings.region.clone(),
            system: settings.system.clone(),
            cluster: settings.cluster.clone(),
        }
    }

    /// Publishes the result, and tells people unless it is good.
    ///
    /// # Errors
    ///
    /// When the check or the telling failed. That the database is not healthy is no error: that is what is told.
    pub(crate) async fn tell(&self, mut examination: Examination) -> Result<Value, Error> {
        let region = self.region.as_str();
        if examination.problem.is_none() {
            match self.publish(Health::Healthy).await {
                Ok(()) => {
                    info!(region, "the database is healthy");
                    return Ok(json!({ "region": region, "healthy": true }));
                }
                Err(failure) => examination.problem = Some(Problem::Publish(failure)),
            }
        }
        let Some(problem) = &examination.problem else {
            return Ok(Value::Null);
        };
        let reason = Chain(problem).to_string();
        warn!(region, reason, "the database is not healthy");
        let (subject, text) = self.notice(problem, &examination);
        let (published, told) = tokio::join!(
            self.publish(Health::Unhealthy),
            self.notices.publish(&subject, &text)
        );
        let mut failures = Vec::new();
        if problem.is_of_the_check() {
            failures.push(reason.clone());
        }
        if let Err(failure) = published {
            failures.push(Chain(failure.as_ref()).to_string());
        }
        if let Err(failure) = told {
            failures.push(Chain(&failure).to_string());
        }
        if failures.is_empty() {
            return Ok(json!({ "region": region, "healthy": false, "reason": reason }));
        }
        let failures = failures.join("; ");
        error!(region, reason = failures, "the check failed");
        Err(failures.into())
    }

    async fn publish(&self, health: Health) -> Result<(), standfast_functions::Cause> {
        let region = ("Region", self.region.as_str());
        let system = ("System", self.system.as_deref().unwrap_or_default());
        let (alone, with_system) = ([region], [system, region]);
        let datum = |dimensions| Datum {
            name: METRIC,
            dimensions,
            health,
        };
        let mut data = vec![datum(&alone[..])];
        if self.system.is_some() {
            data.push(datum(&with_system[..]));
        }
        Ok(self.metrics.publish(&data).await?)
    }

    /// Subject and text.
    fn notice(&self, problem: &Problem, examination: &Examination) -> (String, String) {
        let region = &self.region;
        let what = if problem.is_of_the_check() {
            "The database health check fails"
        } else {
            "The database is not healthy"
        };
        let mut lines = vec![
            format!("{what} in {region}."),
            String::new(),
            format!("reason:   {}", Chain(problem)),
            format!("region:   {region}"),
        ];
        if let Some(system) = &self.system {
            lines.push(format!("system:   {system}"));
        }
        if let Some(cluster) = &self.cluster {
            let status = examination.cluster_status.as_deref();
            let status = status.unwrap_or("state unknown");
            lines.push(format!("cluster:  {cluster} ({status})"));
        }
        if let Some(endpoint) = &examination.endpoint {
            lines.push(format!("endpoint: {endpoint}"));
        }
        (format!("{what} in {region}"), lines.join("\n"))
    }
}
