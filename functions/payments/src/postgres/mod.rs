//! The ledger in `PostgreSQL`.
//!
//! A payment is one row under its key, written in one transaction. Two requests with one key meet at the primary
//! key: the second waits for the first and then finds its row. What is refused before the commit was sent has left no
//! trace; what happens to the commit itself is either confirmed or unknown, and unknown is said.
//!
//! A connection that lay idle may lead to what was the primary, or nowhere. So whatever certainly failed on one is
//! tried once more on a new one, for which the name is looked up again. Nothing else is retried.
//!
//! Where the database follows one of another region, the writer's name may lead nowhere. So a request for the state
//! is answered by the reader then, when there is one. No payment ever goes there.

mod failure;
mod sessions;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use standfast_functions::chain::Chain;
use standfast_functions::credentials::{Cached, Source};
use standfast_functions::endpoint::Endpoint;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Transaction};
use tracing::debug;

use crate::amount::Amount;
use crate::ledger::{Error, Ledger, Receipt, Recorded, State};
use crate::payment::Payment;

use failure::{Failure, REPLY_WITHIN};
use sessions::{Session, Sessions};

/// Bounds the whole answer about the state. Who asks waits some six seconds (`region-health`).
const STATE_WITHIN: Duration = Duration::from_secs(4);

/// Bounds the writer's part of that when a reader can be asked after it, which has the rest. Both are in this region,
/// where a new connection and its first answer take some 50 ms.
const WRITER_WITHIN: Duration = Duration::from_secs(2);

/// The tables. Creating one "if it does not exist" still collides when two do it at once, hence the lock; its number
/// has no meaning but must not change.
const CREATE: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(7250164403911682);
    CREATE TABLE IF NOT EXISTS payments (
        idempotency_key text PRIMARY KEY CHECK (length(idempotency_key) BETWEEN 1 AND 64),
        id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        region text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE IF NOT EXISTS payments_health (
        region text PRIMARY KEY,
        written_at timestamptz NOT NULL
    );
    COMMIT";

/// What stands in a receipt. A macro, so that the statements below are constants.
macro_rules! receipt_columns {
    () => {
        "id::text, amount_minor, currency, region, \
         to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    };
}

const INSERT: &str = concat!(
    "INSERT INTO payments (idempotency_key, amount_minor, currency, region) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (idempotency_key) DO NOTHING RETURNING ",
    receipt_columns!()
);

const FIND: &str = concat!(
    "SELECT ",
    receipt_columns!(),
    " FROM payments WHERE idempotency_key = $1"
);

/// Whether a connection could not write: the server replays the log of another, or is told to take no writes.
const ASK: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";

/// A write like any other, kept small however often we are asked: within a second of the last one the row is locked,
/// which needs a primary as well, and not written again.
const TOUCH: &str = "INSERT INTO payments_health AS known (region, written_at) VALUES ($1, now()) \
     ON CONFLICT (region) DO UPDATE SET written_at = excluded.written_at \
     WHERE known.written_at < excluded.written_at - interval '1 second'";

/// Where the ledger is.
#[derive(Debug)]
pub struct Settings {
    /// The region we are in; it stands in receipts.
    pub region: String,
    /// The database, as its writer.
    pub endpoint: Endpoint,
    /// The database, as its reader: asked for the state when the writer does not answer, and for nothing else.
    pub reader: Option<Endpoint>,
    /// How many payments are recorded at the same time, at most. A Lambda function has one request at a time.
    pub connections: NonZeroUsize,
}

/// A ledger in a database.
#[derive(Debug)]
pub struct PostgresLedger<S> {
    region: String,
    credentials: Arc<Cached<S>>,
    writer: Sessions<S>,
    reader: Option<Sessions<S>>,
}

impl<S: Source> PostgresLedger<S> {
    /// Nothing is connected yet.
    pub fn new(settings: Settings, credentials: S) -> Self {
        let credentials = Arc::new(Cached::new(credentials));
        let writer = settings.endpoint;
        // Where there is one name for both, nothing is gained by asking it twice.
        let reader = settings
            .reader
            .filter(|reader| (reader.host(), reader.port()) != (writer.host(), writer.port()));
        let sessions =
            |endpoint| Sessions::new(endpoint, Arc::clone(&credentials), settings.connections);
        Self {
            region: settings.region,
            writer: sessions(writer),
            reader: reader.map(sessions),
            credentials,
        }
    }

    /// What it means that this work was done, or why it was not.
    async fn state_by(&self, work: &impl Work) -> State {
        match within(STATE_WITHIN, carry_out(&self.writer, work)).await {
            Ok(_) => State::Writable,
            Err(failure) if failure.is_read_only() => State::ReadOnly,
            Err(failure) => State::Unreachable(failure.into()),
        }
    }

    /// The state by the writer, or by the reader when no server answers as the writer.
    async fn state_by_either(&self, reader: &Sessions<S>) -> Result<State, Failure> {
        // First, because the secret may take its time, and that should not be the writer's.
        let known = self.credentials.current().await;
        known.map_err(Failure::Credentials)?;
        let silence = match within(WRITER_WITHIN, carry_out(&self.writer, &Ask)).await {
            Ok(()) => return Ok(State::Writable),
            Err(failure) if failure.is_read_only() => return Ok(State::ReadOnly),
            Err(failure) if failure.is_silence() => failure,
            Err(failure) => return Err(failure),
        };
        debug!(reason = %Chain(&silence), "the reader is asked");
        match carry_out(reader, &Ask).await {
            // Whatever it could do: no payment goes there.
            Ok(()) => Ok(State::ReadOnly),
            Err(failure) if failure.is_read_only() => Ok(State::ReadOnly),
            Err(failure) => Err(Failure::Neither {
                writer: Chain(&silence).to_string(),
                reader: failure.into(),
            }),
        }
    }
}

/// Does the work on an idle connection, and on a new one if that could not do it.
async fn carry_out<W: Work, S: Source>(
    sessions: &Sessions<S>,
    work: &W,
) -> Result<W::Done, Failure> {
    let mut session = sessions.take().await.map_err(Failure::Session)?;
    let mut outcome = attempt(work, &mut session).await;
    if session.was_idle && outcome.as_ref().is_err_and(Failure::is_about_the_session) {
        session.renew().await.map_err(Failure::Session)?;
        outcome = attempt(work, &mut session).await;
    }
    // After any failure the connection may be in the middle of something; a new one is not.
    if outcome.is_ok() {
        session.give_back();
    }
    outcome
}

async fn within<T>(
    span: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(span, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::Late(span)),
    }
}

/// Something to do on a connection, that may be done twice.
trait Work: Sync {
    type Done: Send;

    fn run(&self, client: &mut Client) -> impl Future<Output = Result<Self::Done, Failure>> + Send;
}

async fn attempt<W: Work, S: Source>(
    work: &W,
    session: &mut Session<'_, S>,
) -> Result<W::Done, Failure> {
    let client = session.client();
    match work.run(client).await {
        Err(Failure::Refused(error)) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            in_time(client.batch_execute(CREATE)).await?;
            work.run(client).await
        }
        outcome => outcome,
    }
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(REPLY_WITHIN, answer).await {
        Ok(answer) => answer.map_err(Failure::Refused),
        Err(_) => Err(Failure::Silence),
    }
}

/// From here on the server alone knows, unless it says in so many words that it undid everything.
async fn commit(transaction: Transaction<'_>) -> Result<(), Failure> {
    match tokio::time::timeout(REPLY_WITHIN, transaction.commit()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            // Class 40 is "transaction rollback", class 23 a constraint that was checked late.
            let undone = error.code().is_some_and(|code| {
                code.code().starts_with("40") && *code != SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
                    || code.code().starts_with("23")
            });
            Err(if undone {
                Failure::Refused(error)
            } else {
                Failure::Unknown(error.into())
            })
        }
        Err(elapsed) => Err(Failure::Unknown(elapsed.into())),
    }
}

/// Writes a payment, or finds the one with its key.
struct Record<'a> {
    payment: &'a Payment,
    region: &'a str,
}

/// A row, and whether it was written just now.
struct Found {
    receipt: Receipt,
    written_now: bool,
}

impl Work for Record<'_> {
    type Done = Found;

    async fn run(&self, client: &mut Client) -> Result<Found, Failure> {
        let transaction = in_time(client.transaction()).await?;
        let (row, written_now) = in_time(self.insert_or_find(&transaction)).await?;
        let row = row.ok_or(Failure::Vanished)?;
        let receipt = receipt(self.payment, &row).map_err(Failure::Refused)?;
        commit(transaction).await?;
        Ok(Found {
            receipt,
            written_now,
        })
    }
}

impl Record<'_> {
    async fn insert_or_find(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<(Option<Row>, bool), tokio_postgres::Error> {
        let key = self.payment.key.as_str();
        let amount = self.payment.amount;
        let values: [(&(dyn ToSql + Sync), Type); 4] = [
            (&key, Type::TEXT),
            (&amount.minor(), Type::INT8),
            (&amount.currency().code(), Type::TEXT),
            (&self.region, Type::TEXT),
        ];
        if let Some(row) = transaction.query_typed_opt(INSERT, &values).await? {
            return Ok((Some(row), true));
        }
        // Each statement sees what was committed before it, so what stood in the way is visible now.
        let [key, ..] = values;
        let row = transaction.query_typed_opt(FIND, &[key]).await?;
        Ok((row, false))
    }
}

fn receipt(payment: &Payment, row: &Row) -> Result<Receipt, tokio_postgres::Error> {
    let amount_minor = row.try_get(1)?;
    let currency: String = row.try_get(2)?;
    // What stands there may be of a currency that is not taken any more; then its receipt has minor units only.
    let amount = currency
        .parse()
        .ok()
        .and_then(|currency| Amount::from_minor(amount_minor, currency).ok())
        .map_or_else(|| amount_minor.to_string(), |amount| amount.to_string());
    Ok(Receipt {
        id: row.try_get(0)?,
        idempotency_key: payment.key.to_string(),
        amount,
        amount_minor,
        currency,
        region: row.try_get(3)?,
        recorded_at: row.try_get(4)?,
    })
}

/// Asks whether the server takes writes. Like a write that is refused, a no from an idle connection is asked again on a
/// new one.
struct Ask;

impl Work for Ask {
    type Done = ();

    async fn run(&self, client: &mut Client) -> Result<(), Failure> {
        let row = in_time(client.query_typed_one(ASK, &[])).await?;
        if row.try_get(0).map_err(Failure::Refused)? {
            return Err(Failure::ReadOnly);
        }
        Ok(())
    }
}

/// Writes our row of `payments_health`.
struct Touch<'a> {
    region: &'a str,
}

impl Work for Touch<'_> {
    type Done = ();

    async fn run(&self, client: &mut Client) -> Result<(), Failure> {
        let transaction = in_time(client.transaction()).await?;
        let region: (&(dyn ToSql + Sync), Type) = (&self.region, Type::TEXT);
        in_time(transaction.execute_typed(TOUCH, &[region])).await?;
        commit(transaction).await
    }
}

impl<S: Source> Ledger for PostgresLedger<S> {
    async fn record(&self, payment: &Payment) -> Result<Recorded, Error> {
        let work = Record {
            payment,
            region: &self.region,
        };
        let Found {
            receipt,
            written_now,
        } = carry_out(&self.writer, &work).await?;
        let same = receipt.amount_minor == payment.amount.minor()
            && receipt.currency == payment.amount.currency().code();
        match (same, written_now) {
            (true, true) => Ok(Recorded::Now(receipt)),
            (true, false) => Ok(Recorded::Before(receipt)),
            (false, _) => Err(Error::Conflict {
                key: receipt.idempotency_key,
            }),
        }
    }

    async fn state(&self) -> State {
        let Some(reader) = &self.reader else {
            return self.state_by(&Ask).await;
        };
        let state = within(STATE_WITHIN, self.state_by_either(reader)).await;
        state.unwrap_or_else(|failure| State::Unreachable(failure.into()))
    }

    async fn state_by_writing(&self) -> State {
        let region = &self.region;
        self.state_by(&Touch { region }).await
    }
}
