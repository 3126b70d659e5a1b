//! What the function is told by its environment.

use std::str::FromStr;

use standfast_functions::aws::secrets;
use standfast_functions::endpoint::Protection;
use standfast_functions::environment::{Environment, Error};

/// Which kind of database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    Mysql,
}

/// Some other kind.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither `postgres` nor `mysql`")]
pub(crate) struct EngineError(String);

impl Engine {
    /// The port it listens on unless told otherwise.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Mysql => 3306,
        }
    }

    /// The database that every server of the kind has.
    fn database(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "information_schema",
        }
    }
}

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        match text {
            "postgres" => Ok(Self::Postgres),
            "mysql" => Ok(Self::Mysql),
            other => Err(EngineError(other.to_owned())),
        }
    }
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) region: String,
    pub(crate) system: Option<String>,
    pub(crate) topic: String,
    pub(crate) endpoint_parameter: String,
    pub(crate) cluster: Option<String>,
    pub(crate) engine: Engine,
    pub(crate) secret: String,
    pub(crate) port: Option<u16>,
    pub(crate) database: String,
    pub(crate) protection: Protection,
}

impl Settings {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, Error> {
        let required = |name| environment.required(name).map(str::to_owned);
        let optional = |name| environment.optional(name).map(str::to_owned);
        let engine: Engine = environment
            .parsed("DATABASE_ENGINE")?
            .ok_or(Error::Missing {
                name: "DATABASE_ENGINE",
            })?;
        Ok(Self {
            region: required("AWS_REGION")?,
            system: optional("SYSTEM"),
            topic: required("TOPIC_ARN")?,
            endpoint_parameter: required("ENDPOINT_PARAMETER")?,
            cluster: optional("CLUSTER_ID"),
            engine,
            secret: secrets::name_in(environment)?.to_owned(),
            port: environment.parsed("DATABASE_PORT")?,
            database: optional("DATABASE_NAME").unwrap_or_else(|| engine.database().to_owned()),
            protection: Protection::from_environment(environment)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use standfast_functions::chain::Chain;

    const VARIABLES: [(&str, &str); 5] = [
        ("AWS_REGION", "eu-west-1"),
        ("TOPIC_ARN", "arn:topic"),
        ("ENDPOINT_PARAMETER", "/main/database"),
        ("DATABASE_ENGINE", "mysql"),
        ("DATABASE_SECRET_ARN", "arn:secret"),
    ];

    #[test]
    fn what_may_be_left_out_has_a_default() {
        let settings = Settings::from_environment(&VARIABLES.into_iter().collect()).unwrap();
        assert_eq!(settings.engine, Engine::Mysql);
        assert_eq!(settings.database, "information_schema");
        assert_eq!(settings.cluster, None);
    }

    #[test]
    fn a_secret_is_named_or_has_an_arn() {
        let others = VARIABLES
            .into_iter()
            .filter(|(name, _)| *name != "DATABASE_SECRET_ARN");
        let named = others.chain([("DATABASE_SECRET", "main/database")]);
        let settings = Settings::from_environment(&named.collect()).unwrap();
        assert_eq!(settings.secret, "main/database");
        let both = VARIABLES
            .into_iter()
            .chain([("DATABASE_SECRET", "main/database")]);
        let settings = Settings::from_environment(&both.collect()).unwrap();
        assert_eq!(settings.secret, "arn:secret");
    }

    #[test]
    fn what_may_not_is_named() {
        for (missing, _) in VARIABLES {
            let variables = VARIABLES.into_iter().filter(|(name, _)| *name != missing);
            let error = Settings::from_environment(&variables.collect()).unwrap_err();
            assert!(error.to_string().contains(missing), "{error}");
        }
        let other = VARIABLES.into_iter().chain([("DATABASE_ENGINE", "oracle")]);
        let error = Settings::from_environment(&other.collect()).unwrap_err();
        let told = Chain(&error).to_string();
        assert!(
            told.ends_with("`oracle` is neither `postgres` nor `mysql`"),
            "{told}"
        );
    }
}
