//! A stub resolver: one question over UDP to each name server in turn (RFC 1035 §4, RFC 2782).
//!
//! It keeps nothing: a client that connects asks again, so that what a name server says counts at once
//! and the record's time to live never hides it. It always begins with the first server, as a libc
//! does, and passes over one that is silent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use thiserror::Error;
use tokio::net::UdpSocket;

use crate::clock;

/// Longest answer over UDP without EDNS (RFC 1035 §2.3.4).
const ANSWER_BYTES_MAX: usize = 512;

#[derive(Debug, Error)]
pub(crate) enum ResolveError {
    #[error("`{0}` is not a name")]
    Name(String),
    #[error("the question cannot be written")]
    Question(#[source] hickory_proto::ProtoError),
    #[error("none of {asked} name servers answered for {name}; the last: {last}")]
    Silent {
        name: String,
        asked: usize,
        last: String,
    },
    #[error("name server {server} has no address for {name} ({code})")]
    Empty {
        server: SocketAddr,
        name: String,
        code: ResponseCode,
    },
}

/// The addresses of `name`, from the first server that answers.
pub(crate) async fn addresses(
    servers: &[SocketAddr],
    name: &str,
    within: Duration,
) -> Result<Vec<Ipv4Addr>, ResolveError> {
    let (server, answer) = ask(servers, name, RecordType::A, within).await?;
    let addresses: Vec<_> = answer
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::A(address) => Some(address.0),
            _ => None,
        })
        .collect();
    if addresses.is_empty() {
        return Err(ResolveError::Empty {
            server,
            name: name.to_owned(),
            code: answer.metadata.response_code,
        });
    }
    Ok(addresses)
}

/// The port that an SRV record `_postgresql._tcp.<name>` gives, when there is one.
pub(crate) async fn port(servers: &[SocketAddr], name: &str, within: Duration) -> Option<u16> {
    let name = format!("_postgresql._tcp.{name}");
    let (_, answer) = ask(servers, &name, RecordType::SRV, within).await.ok()?;
    answer.answers.iter().find_map(|record| match &record.data {
        RData::SRV(service) => Some(service.port),
        _ => None,
    })
}

async fn ask(
    servers: &[SocketAddr],
    name: &str,
    kind: RecordType,
    within: Duration,
) -> Result<(SocketAddr, Message), ResolveError> {
    let absolute = format!("{}.", name.trim_end_matches('.'));
    let asked = Name::from_ascii(&absolute).map_err(|_| ResolveError::Name(name.to_owned()))?;
    let mut question = Message::query();
    question.add_query(Query::query(asked, kind));
    let bytes = question.to_vec().map_err(ResolveError::Question)?;
    let mut last = "there is none".to_owned();
    for &server in servers {
        match clock::bounded(within, exchange(server, &bytes, question.metadata.id)).await {
            Some(Ok(answer)) => return Ok((server, answer)),
            Some(Err(source)) => last = format!("{server}: {source}"),
            None => last = format!("{server} was silent for {} ms", within.as_millis()),
        }
    }
    Err(ResolveError::Silent {
        name: name.to_owned(),
        asked: servers.len(),
        last,
    })
}

/// Sends one question and waits for the answer to it; anything else that arrives is passed over.
async fn exchange(server: SocketAddr, question: &[u8], id: u16) -> std::io::Result<Message> {
    let local: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((local, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = [0; ANSWER_BYTES_MAX];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if let Ok(answer) = Message::from_vec(&buffer[..length])
            && answer.metadata.id == id
        {
            return Ok(answer);
        }
    }
}
