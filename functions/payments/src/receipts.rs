//! A second place for receipts, away from the database.
//!
//! When a region is lost together with what it had not yet replicated, these receipts tell which payments the new
//! primary does not know. Nothing here can undo a payment, or keep its receipt from the client.

use standfast_functions::Cause;

use crate::ledger::Receipt;

/// Why a receipt was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another payment has this key there: one of the two is not in the database any more.
    #[error("a receipt with another id is kept for the idempotency key `{key}`: {id}")]
    Differs {
        /// The key.
        key: String,
        /// The other payment.
        id: String,
    },
    /// It may be there or not.
    #[error("cannot keep the receipt for the idempotency key `{key}`")]
    Keep {
        /// The key.
        key: String,
        /// The cause.
        source: Cause,
    },
}

/// Keeps receipts, each once, however often and by however many calls that is tried.
pub trait Receipts: Send + Sync {
    /// Keeps a receipt, unless it is kept already.
    fn keep(&self, receipt: &Receipt) -> impl Future<Output = Result<(), Error>> + Send;
}

/// There is no second place.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

impl Receipts for Nowhere {
    async fn keep(&self, _receipt: &Receipt) -> Result<(), Error> {
        Ok(())
    }
}

impl<R: Receipts> Receipts for Option<R> {
    async fn keep(&self, receipt: &Receipt) -> Result<(), Error> {
        match self {
            Some(receipts) => receipts.keep(receipt).await,
            None => Ok(()),
        }
    }
}
