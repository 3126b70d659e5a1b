//! The function as Lambda runs it and regions as servers on the loopback network.

#[cfg(test)]
mod asking;
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
#[path = "../../../testing/waiting.rs"]
mod waiting;
