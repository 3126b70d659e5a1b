//! The workload against a real `PostgreSQL`, and the function as Lambda runs it.

#[cfg(test)]
#[path = "../../../testing/certificates.rs"]
mod certificates;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod function;
#[cfg(test)]
#[path = "../../../testing/http.rs"]
mod http_server;
#[cfg(test)]
#[path = "../../../testing/lambda.rs"]
mod lambda;
#[cfg(test)]
#[path = "../../../testing/moto.rs"]
mod moto;
#[cfg(test)]
#[path = "../../../testing/nobody.rs"]
mod nobody;
#[cfg(test)]
mod payments_once;
#[cfg(test)]
#[path = "../../../testing/postgres.rs"]
mod postgres;
#[cfg(test)]
mod reader;
#[cfg(test)]
#[path = "../../../testing/server.rs"]
mod server;
#[cfg(test)]
#[path = "../../../testing/waiting.rs"]
mod waiting;
#[cfg(test)]
mod workload;
