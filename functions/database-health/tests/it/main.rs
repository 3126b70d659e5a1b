//! The function as Lambda runs it, with real databases and AWS as `moto` plays it.

#[cfg(test)]
#[path = "../../../testing/certificates.rs"]
mod certificates;
#[cfg(test)]
#[path = "../../../testing/cloudwatch.rs"]
mod cloudwatch;
#[cfg(test)]
#[path = "../../../testing/http.rs"]
mod http_server;
#[cfg(test)]
#[path = "../../../testing/lambda.rs"]
mod lambda;
#[cfg(test)]
mod mariadb;
#[cfg(test)]
#[path = "../../../testing/moto.rs"]
mod moto;
#[cfg(test)]
mod mysql;
#[cfg(test)]
#[path = "../../../testing/nobody.rs"]
mod nobody;
#[cfg(test)]
#[path = "../../../testing/postgres.rs"]
mod postgres;
#[cfg(test)]
mod postgresql;
#[cfg(test)]
#[path = "../../../testing/server.rs"]
mod server;
#[cfg(test)]
#[path = "../../../testing/waiting.rs"]
mod waiting;
#[cfg(test)]
mod world;
