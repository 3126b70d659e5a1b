//! Metrics: what alarms and failover rules look at.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};

use crate::Cause;

/// Where every metric of ours stands.
pub const NAMESPACE: &str = "DR/HealthCheck";

/// Metrics could not be published.
#[derive(Debug, thiserror::Error)]
#[error("cannot publish metrics in {NAMESPACE}")]
pub struct Error {
    /// The cause.
    source: Cause,
}

/// Whether something serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Published as 1.
    Healthy,
    /// Published as 0.
    Unhealthy,
}

/// One value of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datum<'a> {
    /// The metric.
    pub name: &'a str,
    /// Its dimensions, as names and values.
    pub dimensions: &'a [(&'a str, &'a str)],
    /// The value.
    pub health: Health,
}

/// The metrics of one account and region.
#[derive(Debug, Clone)]
pub struct Metrics {
    client: Client,
}

impl Metrics {
    /// Nothing is called yet.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: Client::new(config),
        }
    }

    /// Publishes all of them in one call, at the time of their arrival.
    ///
    /// # Errors
    ///
    /// When `CloudWatch` does not take them.
    pub async fn publish(&self, data: &[Datum<'_>]) -> Result<(), Error> {
        let data = data.iter().map(datum).collect();
        self.client
            .put_metric_data()
            .namespace(NAMESPACE)
            .set_metric_data(Some(data))
            .send()
            .await
            .map_err(|error| Error {
                source: error.into(),
            })?;
        Ok(())
    }
}

fn datum(datum: &Datum<'_>) -> MetricDatum {
    let dimensions = datum
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(*name).value(*value).build())
        .collect();
    MetricDatum::builder()
        .metric_name(datum.name)
        .set_dimensions(Some(dimensions))
        .unit(StandardUnit::None)
        .value(match datum.health {
            Health::Healthy => 1.0,
            Health::Unhealthy => 0.0,
        })
        .build()
}
