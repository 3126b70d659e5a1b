//! Credentials from Secrets Manager.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;

use crate::credentials::{Credentials, Error, Source};
use crate::environment::{self, Environment};

/// Where the secret is named: by its ARN in `DATABASE_SECRET_ARN`, or else by name or ARN in `DATABASE_SECRET`.
///
/// # Errors
///
/// When neither is set.
pub fn name_in(environment: &Environment) -> Result<&str, environment::Error> {
    match environment.optional("DATABASE_SECRET") {
        Some(name) => Ok(environment.optional("DATABASE_SECRET_ARN").unwrap_or(name)),
        None => environment.required("DATABASE_SECRET_ARN"),
    }
}

/// A secret that holds credentials.
#[derive(Debug, Clone)]
pub struct Secret {
    client: Client,
    arn: String,
}

impl Secret {
    /// Nothing is called yet.
    pub fn new(config: &SdkConfig, arn: &str) -> Self {
        Self {
            client: Client::new(config),
            arn: arn.to_owned(),
        }
    }
}

impl Source for Secret {
    async fn read(&self) -> Result<Credentials, Error> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(&self.arn)
            .send()
            .await
            .map_err(|error| Error::Read {
                source: error.into(),
            })?;
        Credentials::from_secret(answer.secret_string().ok_or(Error::Shape)?)
    }
}
