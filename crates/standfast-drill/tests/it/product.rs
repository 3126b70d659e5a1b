//! A stand-in for the product's command: a script that prints files.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use standfast_drill::{DrillSettings, Patience};

use crate::postgres;

/// How one node stands.
#[derive(Debug, Clone)]
pub(crate) struct NodeState {
    pub(crate) region: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) role: &'static str,
    pub(crate) streaming: bool,
    pub(crate) timeline: u32,
    pub(crate) pid: Option<u32>,
}

/// The folder of a system and the command that speaks for it.
pub(crate) struct StandIn {
    pub(crate) folder: tempfile::TempDir,
}

impl StandIn {
    /// `on_switchover` is shell; the region asked for is in `$to`, the folder in `$folder`.
    pub(crate) fn new(on_switchover: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        postgres::hand_over(folder.path());
        let product = Self { folder };
        fs::write(
            product.path("password"),
            format!("{}\n", postgres::PASSWORD),
        )
        .unwrap();
        fs::set_permissions(product.path("password"), fs::Permissions::from_mode(0o644)).unwrap();
        let script = format!(
            "#!/bin/sh\nset -e\nfolder='{}'\ncase $1 in\n\
             status|outputs) cat \"$folder/$1.json\" ;;\n\
             events) echo '{{\"version\":1,\"events\":[]}}' ;;\n\
             switchover) to=$3\n{on_switchover}\n;;\n\
             *) echo \"unknown: $*\" >&2; exit 2 ;;\nesac\n",
            product.folder.path().display()
        );
        fs::write(product.path("product"), script).unwrap();
        fs::set_permissions(product.path("product"), fs::Permissions::from_mode(0o755)).unwrap();
        product
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn settings(&self) -> DrillSettings {
        DrillSettings {
            patience: Patience::default(),
            ..DrillSettings::new(self.path("product"))
        }
    }

    /// Writes down what `outputs` prints.
    pub(crate) fn write_outputs(&self, name_server: SocketAddr, nodes: &[SocketAddr]) {
        let regions = ["east", "west"];
        let listed: Vec<_> = nodes
            .iter()
            .zip(regions)
            .map(
                |(address, region)| json!({"node": format!("main-{region}-1"), "address": address}),
            )
            .collect();
        let proxies: Vec<_> = nodes
            .iter()
            .zip(regions)
            .map(|(address, region)| json!({"region": region, "address": address}))
            .collect();
        let outputs = json!({"version": 1, "databases": [{
            "name": "main", "database": "postgres", "user": "app",
            "password_file": self.path("password"), "writer_name": "main-writer.drill.test",
            "reader_name": "main-reader.drill.test", "name_servers": [name_server],
            "proxies": proxies, "nodes": listed,
        }]});
        self.replace("outputs.json", &outputs.to_string());
    }

    /// Writes down what `status` prints in this state, under `name`.
    pub(crate) fn write_status(
        &self,
        name: &str,
        epoch: u64,
        durability: &str,
        nodes: &[NodeState],
    ) {
        self.replace(name, &self.status(epoch, durability, nodes).to_string());
    }

    fn status(&self, epoch: u64, durability: &str, nodes: &[NodeState]) -> Value {
        let primary = nodes.iter().find(|node| node.role == "primary");
        let name = |node: &NodeState| format!("main-{}-1", node.region);
        let listed: Vec<_> = nodes
            .iter()
            .map(|node| {
                json!({
                    "node": name(node), "region": node.region, "zone": "a", "role": node.role,
                    "state": node.role, "epoch": epoch, "timeline": node.timeline,
                    "address": node.address.ip(), "port": node.address.port(),
                    "lag_bytes": (node.role == "standby").then_some("0B"),
                    "streaming": node.streaming,
                    "pids": {"agent": null, "guard": null, "database": node.pid},
                    "holds": [], "age_ms": 0,
                })
            })
            .collect();
        let writer = primary.map(|node| {
            json!({"epoch": epoch, "node": name(node),
                "address": node.address.ip(), "port": node.address.port()})
        });
        let now = unix_ms();
        json!({
            "version": 1, "system": "drill-test", "at_ms": now, "home": "east",
            "promise": {"rto_ms": 10_000, "rpo_ms": 3_000}, "lease_ms": 500, "hold_down_ms": 200,
            "folder": self.folder.path(), "processes": {"up": null, "store": null},
            "regions": [{"region": "east", "kind": "home", "controller": null, "relay": null},
                {"region": "west", "kind": "standby", "controller": null, "relay": null}],
            "databases": [{
                "name": "main", "engine": "postgres", "durability": durability, "epoch": epoch,
                "timeline": primary.map(|node| node.timeline), "holder": primary.map(name),
                "lease": "held", "writer": writer, "nodes": listed,
                "transition": {"epoch": epoch, "kind": "failover", "cause": "a test",
                    "steps": {"detected": now, "redirected": now}},
            }],
        })
    }

    /// Replaces a file as a whole.
    pub(crate) fn replace(&self, name: &str, text: &str) {
        let draft = self.path(&format!(".{name}"));
        fs::write(&draft, text).unwrap();
        fs::rename(draft, self.path(name)).unwrap();
    }

    pub(crate) fn held(&self, region: &str) -> bool {
        self.path("holds").join(region).exists()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the stand-in stamps its reports as the product does"
)]
fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// The table of the drill that is running, in shell: runs `$sql` on it, with `TABLE` for its name.
pub(crate) fn on_table(psql: &Path, address: SocketAddr, sql: &str) -> String {
    let sql = sql.replace('\'', "''");
    format!(
        "PGPASSWORD='{}' {} -q -h {} -p {} -U app -d postgres <<'END'\n\
         SELECT replace('{sql}', 'TABLE', tablename) FROM pg_tables \
         WHERE tablename LIKE 'standfast_drill_%' \\gexec\nEND\n",
        postgres::PASSWORD,
        psql.display(),
        address.ip(),
        address.port()
    )
}
