//! A name server that knows one name and reads from a file what it means.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use hickory_proto::op::{Message, OpCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

pub(crate) struct FakeNameServer {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl FakeNameServer {
    /// Answers every question for an address with the one in `file`.
    pub(crate) async fn start(file: PathBuf) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let mut answer = Message::response(question.metadata.id, OpCode::Query);
                for query in &question.queries {
                    answer.add_query(query.clone());
                    if query.query_type() == RecordType::A {
                        let text = std::fs::read_to_string(&file).unwrap();
                        let address = text.trim().parse().unwrap();
                        let data = RData::A(A(address));
                        answer.add_answer(Record::from_rdata(query.name().clone(), 1, data));
                    }
                }
                socket
                    .send_to(&answer.to_vec().unwrap(), from)
                    .await
                    .unwrap();
            }
        });
        Self { address, task }
    }
}

impl Drop for FakeNameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
