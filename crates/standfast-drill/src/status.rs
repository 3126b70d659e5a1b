//! What the product's command says of itself: `status` and `outputs`, version 1 of their formats.
//!
//! Only what a drill uses is read; unknown fields are ignored.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use standfast_units::{Bytes, Database, Epoch, Node, Region, System, Timeline, WallTime};

use crate::error::Error;

/// The version of the formats read here.
pub(crate) const VERSION: u32 = 1;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedStatus {
    pub(crate) version: u32,
    pub(crate) system: System,
    pub(crate) at_ms: WallTime,
    pub(crate) promise: Objectives,
    pub(crate) lease_ms: u64,
    pub(crate) hold_down_ms: u64,
    #[serde(default)]
    pub(crate) folder: Option<PathBuf>,
    #[serde(default)]
    pub(crate) processes: PublishedProcesses,
    pub(crate) regions: Vec<PublishedRegion>,
    pub(crate) databases: Vec<PublishedDatabase>,
}

/// What the blueprint promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objectives {
    /// The longest outage, in milliseconds.
    pub rto_ms: u64,
    /// The most data lost, in milliseconds of writes.
    pub rpo_ms: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct PublishedProcesses {
    #[serde(default)]
    pub(crate) up: Option<u32>,
    #[serde(default)]
    pub(crate) store: Option<PublishedStore>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedStore {
    #[serde(default)]
    pub(crate) pid: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedRegion {
    pub(crate) region: Region,
    #[serde(default)]
    pub(crate) controller: Option<PublishedController>,
    #[serde(default)]
    pub(crate) relay: Option<PublishedRelay>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedController {
    pub(crate) pid: u32,
    #[serde(default)]
    pub(crate) age_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedRelay {
    #[serde(default)]
    pub(crate) pid: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedDatabase {
    pub(crate) name: Database,
    pub(crate) engine: String,
    pub(crate) durability: CommitPromise,
    #[serde(default)]
    pub(crate) epoch: Option<Epoch>,
    #[serde(default)]
    pub(crate) timeline: Option<Timeline>,
    #[serde(default)]
    pub(crate) lease: Option<String>,
    #[serde(default)]
    pub(crate) writer: Option<PublishedWriter>,
    pub(crate) nodes: Vec<PublishedNode>,
    #[serde(default)]
    pub(crate) transition: Option<PublishedTransition>,
}

/// What a database promises about acknowledged writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommitPromise {
    /// Replication follows behind; a failover may lose the newest writes.
    Async,
    /// As `async`, but commits wait rather than let the loss grow past a bound.
    Bounded,
    /// No acknowledged write may be lost.
    Zero,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedWriter {
    pub(crate) node: Node,
    pub(crate) address: String,
    pub(crate) port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PublishedRole {
    Primary,
    Standby,
    None,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedNode {
    pub(crate) node: Node,
    pub(crate) region: Region,
    pub(crate) role: PublishedRole,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) timeline: Option<Timeline>,
    pub(crate) address: String,
    pub(crate) port: u16,
    #[serde(default)]
    pub(crate) lag_bytes: Option<Bytes>,
    #[serde(default)]
    pub(crate) streaming: bool,
    #[serde(default)]
    pub(crate) pids: Pids,
    #[serde(default)]
    pub(crate) holds: Vec<String>,
    #[serde(default)]
    pub(crate) age_ms: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Pids {
    #[serde(default)]
    pub(crate) agent: Option<u32>,
    #[serde(default)]
    pub(crate) guard: Option<u32>,
    #[serde(default)]
    pub(crate) database: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublishedTransition {
    pub(crate) epoch: Epoch,
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) cause: String,
    #[serde(default)]
    pub(crate) steps: BTreeMap<String, WallTime>,
}

impl PublishedStatus {
    /// The database asked for, or the first.
    pub(crate) fn database(&self, wanted: Option<&Database>) -> Result<&PublishedDatabase, Error> {
        self.databases
            .iter()
            .find(|database| wanted.is_none_or(|wanted| database.name == *wanted))
            .ok_or_else(|| Error::NoDatabase {
                wanted: wanted.cloned(),
            })
    }
}

impl PublishedDatabase {
    /// The primary that the writer name means, when it serves.
    pub(crate) fn primary(&self) -> Option<&PublishedNode> {
        let writer = self.writer.as_ref()?;
        self.node(&writer.node)
            .filter(|node| node.role == PublishedRole::Primary)
    }

    pub(crate) fn node(&self, name: &Node) -> Option<&PublishedNode> {
        self.nodes.iter().find(|node| node.node == *name)
    }

    /// Standbys that receive the log of the present timeline.
    pub(crate) fn following(&self) -> impl Iterator<Item = &PublishedNode> {
        self.nodes.iter().filter(|node| {
            node.role == PublishedRole::Standby && node.streaming && node.timeline == self.timeline
        })
    }
}

impl PublishedNode {
    pub(crate) fn socket(&self) -> Result<SocketAddr, Error> {
        socket(&format!("{}:{}", self.address, self.port))
    }

    /// How the node stands, for a message.
    pub(crate) fn describe(&self) -> String {
        let role = match self.role {
            PublishedRole::Primary => "a primary",
            PublishedRole::Standby if self.streaming => "a streaming standby",
            PublishedRole::Standby => "a standby without a stream",
            PublishedRole::None => "not running",
        };
        let holds = if self.holds.is_empty() {
            String::new()
        } else {
            format!("; {}", self.holds.join("; "))
        };
        format!("{} is {role} ({}){holds}", self.node, self.state)
    }
}

impl PublishedWriter {
    pub(crate) fn socket(&self) -> Result<SocketAddr, Error> {
        socket(&format!("{}:{}", self.address, self.port))
    }
}

/// Reads `127.0.0.1:5432`.
pub(crate) fn socket(text: &str) -> Result<SocketAddr, Error> {
    text.parse().map_err(|_| Error::Address {
        text: text.to_owned(),
    })
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Outputs {
    pub(crate) version: u32,
    pub(crate) databases: Vec<DatabaseOutputs>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DatabaseOutputs {
    pub(crate) name: Database,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) password_file: PathBuf,
    pub(crate) writer_name: String,
    #[serde(default)]
    pub(crate) name_servers: Vec<String>,
    #[serde(default)]
    pub(crate) proxies: Vec<ProxyOutput>,
    pub(crate) nodes: Vec<NodeOutput>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProxyOutput {
    pub(crate) address: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NodeOutput {
    pub(crate) node: Node,
    pub(crate) address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = r#"{"version":1,"system":"quickstart-dev","at_ms":1700000000000,"home":"us-east-1",
        "promise":{"rto_ms":10000,"rpo_ms":3000},"lease_ms":2000,"hold_down_ms":1000,"folder":"/state",
        "processes":{"up":123,"store":{"pid":1,"address":"127.0.0.9","port":2379}},
        "regions":[{"region":"us-east-1","kind":"home","controller":{"pid":7,"address":"127.0.0.1",
          "port_dns":5353,"ports_proxy":{"main":6432},"age_ms":20},"relay":{"pid":8}},
          {"region":"us-central-1","kind":"witness","controller":null,"relay":null}],
        "databases":[{"name":"main","engine":"postgres","durability":"async","epoch":3,"timeline":3,
          "holder":"main-us-east-1-1","lease":"held",
          "writer":{"epoch":3,"node":"main-us-east-1-1","address":"127.0.0.1","port":5440},
          "nodes":[{"node":"main-us-east-1-1","region":"us-east-1","zone":"a","role":"primary",
            "state":"primary","epoch":3,"timeline":3,"address":"127.0.0.1","port":5440,
            "position":"0/3000060","replayed":null,"lag_bytes":null,"lag_time_ms":null,"streaming":false,
            "pids":{"agent":1,"guard":2,"database":3},"holds":[],"age_ms":120},
           {"node":"main-us-west-2-1","region":"us-west-2","zone":"a","role":"standby","state":"standby",
            "epoch":3,"timeline":3,"address":"127.0.0.2","port":5440,"position":"0/3000060",
            "replayed":"0/3000060","lag_bytes":"0B","lag_time_ms":0,"streaming":true,
            "pids":{"agent":4,"guard":5,"database":6},"holds":["waiting"],"age_ms":120}],
          "transition":{"epoch":3,"kind":"failover","steps":{"last-seen":1,"detected":2},"cause":"x",
            "loss_max_ms":null}}]}"#;

    #[test]
    fn the_documented_status_is_understood() {
        let status: PublishedStatus = serde_json::from_str(STATUS).unwrap();
        let main = status.database(None).unwrap();
        assert_eq!(main.primary().unwrap().region.as_str(), "us-east-1");
        assert_eq!(main.following().count(), 1);
        assert_eq!(
            main.nodes[1].describe(),
            "main-us-west-2-1 is a streaming standby (standby); waiting"
        );
        let absent = Database::new("other").unwrap();
        assert!(matches!(
            status.database(Some(&absent)),
            Err(Error::NoDatabase { .. })
        ));
    }
}
