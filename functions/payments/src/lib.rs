//! The example workload: takes payments, each exactly once, and says whether its database takes writes.
//!
//! [`handler::handle`] is a plain function from an HTTP request to a response. The Lambda function of this crate calls
//! it with what API Gateway sends, and a local server can call it with what a socket sends. A payment is written to
//! `PostgreSQL` under the key that the client chose, in one transaction; a client that repeats a request with its key
//! gets the first receipt again. That is what makes a failover bearable for clients: when they do not know what became
//! of a payment, they repeat it.
//!
//! What it deliberately does not do: retry a write whose outcome is unknown (the client does, with its key), or
//! authenticate clients (the gateway does).

pub mod amount;
pub mod handler;
pub mod ledger;
pub mod payment;
pub mod postgres;
pub mod receipts;
