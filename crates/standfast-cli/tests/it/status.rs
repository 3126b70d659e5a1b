//! What `status --format json` says.

use std::net::SocketAddr;

use serde_json::Value;

/// One look at a system with one database.
#[derive(Debug, Clone)]
pub(crate) struct Status(pub(crate) Value);

/// One node of it.
#[derive(Debug, Clone)]
pub(crate) struct Node(pub(crate) Value);

impl Status {
    fn database(&self) -> &Value {
        &self.0["databases"][0]
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.database()["epoch"].as_u64().unwrap_or(0)
    }

    pub(crate) fn timeline(&self) -> u64 {
        self.database()["timeline"].as_u64().unwrap_or(0)
    }

    /// The node that holds the right to write.
    pub(crate) fn holder(&self) -> &str {
        self.database()["holder"].as_str().unwrap_or("nobody")
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.0["paused"].as_bool().unwrap()
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        let nodes = self.database()["nodes"].as_array().unwrap();
        nodes.iter().cloned().map(Node).collect()
    }

    pub(crate) fn node(&self, name: &str) -> Node {
        let nodes = self.nodes();
        let found = nodes.into_iter().find(|node| node.name() == name);
        found.unwrap_or_else(|| panic!("there is no node {name}"))
    }

    pub(crate) fn primary(&self) -> Node {
        self.node(self.holder())
    }

    pub(crate) fn standby(&self) -> Node {
        let nodes = self.nodes();
        let found = nodes.into_iter().find(|node| node.name() != self.holder());
        found.expect("there are two nodes")
    }

    /// A node holds the right to write, and the writer name means it.
    pub(crate) fn serves(&self) -> bool {
        let database = self.database();
        database["lease"] == "held"
            && database["writer"]["epoch"] == database["epoch"]
            && database["writer"]["node"] == database["holder"]
    }

    /// It serves, and all others follow.
    pub(crate) fn is_complete(&self) -> bool {
        let database = self.database();
        self.serves()
            && self.nodes().iter().all(|node| match node.role() {
                "primary" => node.name() == self.holder() && node.epoch() == self.epoch(),
                "standby" => {
                    node.0["streaming"] == true && node.0["timeline"] == database["timeline"]
                }
                _ => false,
            })
            && self.nodes().iter().any(|node| node.role() == "primary")
    }

    pub(crate) fn pid_store(&self) -> u32 {
        number(&self.0["processes"]["store"]["pid"])
    }

    pub(crate) fn pid_up(&self) -> u32 {
        number(&self.0["processes"]["up"])
    }

    /// What `status` names of a region: its controller, relay, agents, guards and databases.
    pub(crate) fn pids_of_region(&self, region: &str) -> Vec<u32> {
        let regions = self.0["regions"].as_array().unwrap();
        let place = regions.iter().find(|place| place["region"] == region);
        let place = place.unwrap_or_else(|| panic!("there is no region {region}"));
        let mut pids = vec![
            number(&place["controller"]["pid"]),
            number(&place["relay"]["pid"]),
        ];
        for node in self.nodes() {
            if node.region() == region {
                pids.extend(["agent", "guard", "database"].map(|kind| node.pid(kind)));
            }
        }
        pids
    }
}

impl Node {
    pub(crate) fn name(&self) -> &str {
        self.0["node"].as_str().unwrap()
    }

    pub(crate) fn region(&self) -> &str {
        self.0["region"].as_str().unwrap()
    }

    pub(crate) fn role(&self) -> &str {
        self.0["role"].as_str().unwrap()
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.0["epoch"].as_u64().unwrap_or(0)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let ip = self.0["address"].as_str().unwrap();
        let port = self.0["port"].as_u64().unwrap();
        format!("{ip}:{port}").parse().unwrap()
    }

    /// The process of its `agent`, `guard` or `database`.
    pub(crate) fn pid(&self, kind: &str) -> u32 {
        number(&self.0["pids"][kind])
    }

    /// Whether a process of it is this one.
    pub(crate) fn has_pid(&self, kind: &str, pid: u32) -> bool {
        self.0["pids"][kind] == pid
    }

    /// Why it does nothing, as one text.
    pub(crate) fn holds(&self) -> String {
        self.0["holds"].to_string()
    }
}

#[track_caller]
pub(crate) fn number(value: &Value) -> u32 {
    let number = value.as_u64().expect("a process id");
    u32::try_from(number).unwrap()
}
