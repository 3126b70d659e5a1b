//! Verification of a primary over the path that clients use (P13).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use standfast_replication::{Error, WriteCheck};
use standfast_units::Epoch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::defaults::{PROBE_WITHIN, VERIFY_WITHIN};
use crate::session::{Login, SqlSession};

/// Writes as the clients' role into `standfast.verification` and reads it back over a second
/// connection, all within three seconds.
#[derive(Debug, Clone)]
pub struct AppWriteCheck {
    database: String,
    username: String,
    password_file: PathBuf,
}

impl AppWriteCheck {
    /// Checks as this role, in this database, with the password in this file.
    pub fn new(database: &str, username: &str, password_file: &Path) -> Self {
        Self {
            database: database.to_owned(),
            username: username.to_owned(),
            password_file: password_file.to_owned(),
        }
    }

    async fn connect(&self, address: SocketAddr) -> Result<SqlSession, Error> {
        Login::tcp(
            address,
            &self.username,
            &self.database,
            self.password_file.clone(),
        )
        .connect()
        .await
    }

    async fn write_and_read(&self, address: SocketAddr, epoch: Epoch) -> Result<(), Error> {
        let epoch = i64::try_from(epoch.get()).map_err(|_| Error::Contradiction {
            what: format!("epoch {epoch} does not fit into a bigint"),
        })?;
        let what = "take a write";
        let written: String = {
            let session = self.connect(address).await?;
            session
                .query_one(
                    what,
                    "INSERT INTO standfast.verification AS v (epoch) VALUES ($1)
                     ON CONFLICT (epoch) DO UPDATE SET written_at = clock_timestamp()
                     RETURNING v.written_at::text",
                    &[&epoch],
                    VERIFY_WITHIN,
                )
                .await?
                .try_get(0)
                .map_err(|source| session.failed(what, source))?
        };
        let what = "return what was written";
        let session = self.connect(address).await?;
        let rows = session
            .query(
                what,
                "SELECT written_at::text, pg_is_in_recovery() FROM standfast.verification
                  WHERE epoch = $1",
                &[&epoch],
                VERIFY_WITHIN,
            )
            .await?;
        let read: Option<(String, bool)> = rows
            .first()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .transpose()
            .map_err(|source: tokio_postgres::Error| session.failed(what, source))?;
        // Another controller may have verified the same epoch in between; then it is later, not earlier, but
        // telling that from a stale read is not worth a special case: the caller asks again.
        match read {
            Some((read, false)) if read == written => Ok(()),
            Some((_, true)) => Err(Error::Contradiction {
                what: format!("{address} took a write, then answered from a standby"),
            }),
            Some(_) | None => Err(Error::Contradiction {
                what: format!("{address} does not return what it took for epoch {epoch}"),
            }),
        }
    }
}

/// Asks whether TLS is offered: the one question a server answers before a client has said who it is.
/// <https://www.postgresql.org/docs/15/protocol-message-formats.html>, `SSLRequest`.
async fn ask_for_tls(address: SocketAddr) -> std::io::Result<u8> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(&[0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F])
        .await?;
    stream.read_u8().await
}

impl WriteCheck for AppWriteCheck {
    async fn answers(&self, address: SocketAddr) -> bool {
        let asked = timeout(PROBE_WITHIN, ask_for_tls(address)).await;
        matches!(asked, Ok(Ok(b'N' | b'S')))
    }

    async fn verify(&self, address: SocketAddr, epoch: Epoch) -> Result<(), Error> {
        timeout(VERIFY_WITHIN, self.write_and_read(address, epoch))
            .await
            .unwrap_or(Err(Error::Late {
                what: "verification by a write",
                within: VERIFY_WITHIN,
            }))
    }
}
