//! The Lambda function: settings from the environment, requests from API Gateway or a load balancer, receipts to
//! `DynamoDB`. Everything else is in the library.

mod dynamo;

use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::Bytes;
use lambda_http::{Body, Error, RequestExt as _, service_fn};
use payments::handler::{Service, handle};
use payments::postgres::{PostgresLedger, Settings};
use standfast_functions::aws;
use standfast_functions::aws::secrets::{self, Secret};
use standfast_functions::endpoint::{Address, Endpoint, Protection};
use standfast_functions::environment::{self, Environment, invalid};

use dynamo::Table;

/// Where `PostgreSQL` listens unless told otherwise.
const PORT: u16 = 5432;

type Payments = Service<PostgresLedger<Secret>, Option<Table>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::start_logs();
    let config = aws::configuration().await;
    let service = Arc::new(
        service(&Environment::of_process(), &config).inspect_err(|error| {
            tracing::error!(reason = %standfast_functions::chain::Chain(error), "cannot start");
        })?,
    );
    lambda_http::run(service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Error>(answer(&service, request).await) }
    }))
    .await
}

fn service(
    environment: &Environment,
    config: &aws_config::SdkConfig,
) -> Result<Payments, environment::Error> {
    let region = environment.required("AWS_REGION")?.to_owned();
    let writer: Address =
        environment
            .parsed("DATABASE_ENDPOINT")?
            .ok_or(environment::Error::Missing {
                name: "DATABASE_ENDPOINT",
            })?;
    let reader: Option<Address> = environment.parsed("DATABASE_READER_ENDPOINT")?;
    let port = environment.parsed("DATABASE_PORT")?;
    let database = environment.required("DATABASE_NAME")?;
    let protection = Protection::from_environment(environment)?;
    let endpoint = |address: &Address| {
        let port = port.or(address.port).unwrap_or(PORT);
        Endpoint::new(&address.host, port, database, protection.clone())
            .map_err(|error| invalid("DATABASE_TLS", error))
    };
    let secret = Secret::new(config, secrets::name_in(environment)?);
    let settings = Settings {
        region: region.clone(),
        endpoint: endpoint(&writer)?,
        reader: reader.as_ref().map(endpoint).transpose()?,
        connections: NonZeroUsize::MIN,
    };
    Ok(Service {
        region,
        ledger: PostgresLedger::new(settings, secret),
        receipts: environment
            .optional("TABLE_NAME")
            .map(|name| Table::new(config, name)),
    })
}

/// From the types of the Lambda runtime to those of the library, and back.
async fn answer(service: &Payments, request: lambda_http::Request) -> http::Response<Body> {
    // The path without the stage of the gateway, which is none of our business.
    let path = request.raw_http_path().to_owned();
    let (mut parts, body) = request.into_parts();
    let target = match parts.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    // What is no path leads nowhere, with the answer that says so.
    parts.uri = target.parse().unwrap_or_default();
    let body = match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    };
    let response = handle(service, &http::Request::from_parts(parts, body)).await;
    // All that the library says is JSON, so this never has to replace anything.
    response.map(|body| Body::Text(String::from_utf8_lossy(&body).into_owned()))
}
