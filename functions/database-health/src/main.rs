//! Tries the region's database every minute, publishes what came of it, and tells people when it fails.
//!
//! What is published, in the namespace `DR/HealthCheck`: `DatabaseHealth`, 1 or 0, with the dimension `Region`, and
//! once more with `System` when it is known. People are told at each 0. When the check itself cannot be carried out (a
//! parameter, the secret or the cluster cannot be read, the metric not be published), that is a 0 as well, people are
//! told, and the invocation fails, so that the alarm on the function's errors sees it too.
//!
//! What it deliberately does not do: decide about a failover, or look at the lag. A standby that answers is healthy.

mod examination;
mod mysql;
mod postgres;
mod report;
mod settings;

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use standfast_functions::aws;
use standfast_functions::chain::Chain;
use standfast_functions::environment::Environment;

use examination::Examiner;
use report::Teller;
use settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::start_logs();
    let config = aws::configuration().await;
    let settings = Settings::from_environment(&Environment::of_process()).inspect_err(|error| {
        tracing::error!(reason = %Chain(error), "cannot start");
    })?;
    let teller = Teller::new(&config, &settings);
    let check = Arc::new((Examiner::new(config, settings), teller));
    // What the scheduler sends says nothing but that a minute has passed.
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let check = Arc::clone(&check);
        async move {
            let (examiner, teller) = check.as_ref();
            let examination = examiner.examine(event.context.deadline()).await;
            teller.tell(examination).await
        }
    }))
    .await
}
