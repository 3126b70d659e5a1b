//! Whom the writer name means (P13).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use standfast_units::{Epoch, Node};

/// Whom the writer name means (P13). Written only after a verified write under its epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The epoch it was verified under; never goes back.
    pub epoch: Epoch,
    /// The primary.
    pub node: Node,
    /// Where clients connect.
    pub address: IpAddr,
    /// The database's port.
    pub port: u16,
}
