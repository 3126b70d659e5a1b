//! Asks the other regions every minute whether they serve, and publishes what they answer.
//!
//! What is published, in the namespace `DR/HealthCheck`: `RegionHealth`, 1 or 0, with the dimension `Region` of the
//! region that was asked, and once more with `System` when it is known. It is published in the region that asked, and
//! so survives the loss of the other.
//!
//! What it deliberately does not do: tell people (an alarm on the metric does), or ask its own region, whose answer
//! would be lost together with the region.

mod endpoints;
mod question;

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use standfast_functions::aws;
use standfast_functions::aws::metrics::{Datum, Health, Metrics};
use standfast_functions::chain::Chain;
use standfast_functions::environment::{self, Environment, invalid};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use endpoints::Endpoints;
use question::Asker;

/// The metric.
const METRIC: &str = "RegionHealth";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::start_logs();
    let config = aws::configuration().await;
    let environment = Environment::of_process();
    let endpoints = endpoints(&environment).inspect_err(|error| {
        error!(reason = %Chain(error), "cannot start");
    })?;
    let asker = Asker::new().inspect_err(|error| {
        error!(reason = %Chain(error), "cannot start");
    })?;
    let publisher = Publisher {
        metrics: Metrics::new(&config),
        system: environment.optional("SYSTEM").map(str::to_owned),
    };
    let check = Arc::new((endpoints, asker, publisher));
    // What the scheduler sends says nothing but that a minute has passed.
    lambda_runtime::run(service_fn(move |_: LambdaEvent<Value>| {
        let check = Arc::clone(&check);
        async move {
            let (endpoints, asker, publisher) = check.as_ref();
            let answers = ask_all(endpoints, asker).await;
            publisher.publish(&answers).await
        }
    }))
    .await
}

fn endpoints(environment: &Environment) -> Result<Endpoints, environment::Error> {
    let here = environment.required("AWS_REGION")?;
    let text = environment.required("ENDPOINTS")?;
    let mut endpoints = Endpoints::parse(text).map_err(|error| invalid("ENDPOINTS", error))?;
    if endpoints.leave_out(here) {
        info!(region = here, "one's own region is not asked");
    }
    if endpoints.is_empty() {
        info!(
            region = here,
            "there is no other region, nothing is published"
        );
    }
    Ok(endpoints)
}

/// Asks all of them at the same time. The answers come in the order of the regions' names.
async fn ask_all(endpoints: &Endpoints, asker: &Asker) -> Vec<(String, Health)> {
    let mut questions = JoinSet::new();
    for (region, url) in endpoints.iter() {
        let (region, url, asker) = (region.to_owned(), url.clone(), asker.clone());
        questions.spawn(async move {
            let answer = asker.ask(url).await;
            (region, answer)
        });
    }
    let mut answers = Vec::new();
    // A task that panics ends the process, so none is ever missing.
    while let Some(Ok((region, answer))) = questions.join_next().await {
        let health = match answer {
            Ok(()) => Health::Healthy,
            Err(error) => {
                warn!(region, reason = %Chain(&error), "the region does not serve");
                Health::Unhealthy
            }
        };
        answers.push((region, health));
    }
    answers.sort_by(|(one, _), (other, _)| one.cmp(other));
    answers
}

/// Publishes answers.
#[derive(Debug)]
struct Publisher {
    metrics: Metrics,
    system: Option<String>,
}

impl Publisher {
    async fn publish(&self, answers: &[(String, Health)]) -> Result<Value, Error> {
        let system = self.system.as_deref().map(|system| ("System", system));
        let dimensions: Vec<_> = answers
            .iter()
            .map(|(region, _)| ("Region", region.as_str()))
            .map(|region| ([region], system.map(|system| [system, region])))
            .collect();
        let mut data = Vec::new();
        for ((_, health), (alone, with_system)) in answers.iter().zip(&dimensions) {
            let datum = |dimensions| Datum {
                name: METRIC,
                dimensions,
                health: *health,
            };
            data.push(datum(&alone[..]));
            data.extend(with_system.as_ref().map(|both| datum(&both[..])));
        }
        if !data.is_empty() {
            self.metrics.publish(&data).await.map_err(|failure| {
                let reason = Chain(&failure).to_string();
                error!(reason, "the check failed");
                reason
            })?;
        }
        let healthy: serde_json::Map<_, _> = answers
            .iter()
            .map(|(region, health)| (region.clone(), json!(*health == Health::Healthy)))
            .collect();
        Ok(json!({ "healthy": healthy }))
    }
}
