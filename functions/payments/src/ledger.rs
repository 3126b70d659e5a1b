//! Where payments are recorded: what any ledger promises.

use serde::Serialize;
use standfast_functions::Cause;

use crate::payment::Payment;

/// Proof that a payment was recorded, the same however often it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Chosen by the ledger.
    pub id: String,
    /// Chosen by the client.
    pub idempotency_key: String,
    /// As a decimal number.
    pub amount: String,
    /// The same in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: String,
    /// The region that recorded it.
    pub region: String,
    /// When, by the ledger's clock: RFC 3339, in UTC.
    pub recorded_at: String,
}

/// What came of recording a payment. Either way it is recorded now, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// By this request.
    Now(Receipt),
    /// By an earlier one with the same key and the same content.
    Before(Receipt),
}

impl Recorded {
    /// The receipt.
    pub fn receipt(&self) -> &Receipt {
        match self {
            Self::Now(receipt) | Self::Before(receipt) => receipt,
        }
    }
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key stands for another payment.
    #[error("the idempotency key `{key}` was used for another payment")]
    Conflict {
        /// The key.
        key: String,
    },
    /// The database follows another one. Nothing was recorded.
    #[error("the database takes no writes here")]
    NotTheWriter {
        /// What it said.
        source: Cause,
    },
    /// The database does not answer, or not as it should. Nothing was recorded.
    #[error("the database cannot record the payment")]
    Unavailable {
        /// The cause.
        source: Cause,
    },
    /// The payment is recorded or it is not: the answer to the commit is missing.
    #[error("it is not known whether the payment was recorded")]
    OutcomeUnknown {
        /// The cause.
        source: Cause,
    },
}

/// Whether a database takes writes.
#[derive(Debug)]
pub enum State {
    /// It does.
    Writable,
    /// It answers, and takes none.
    ReadOnly,
    /// It does not answer, or not as it should.
    Unreachable(Cause),
}

/// A ledger.
pub trait Ledger: Send + Sync {
    /// Records a payment, unless one with its key is recorded already.
    fn record(&self, payment: &Payment) -> impl Future<Output = Result<Recorded, Error>> + Send;

    /// Asks the database whether it takes writes. None is made.
    fn state(&self) -> impl Future<Output = State> + Send;

    /// Writes. Only when that was committed, the database takes writes.
    fn state_by_writing(&self) -> impl Future<Output = State> + Send;
}
