//! `standfast controller`: the embedded store, the name server, the writer proxies and the write check,
//! joined to the controller's loop.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use standfast_controller::{Names, NodePlace, Notify};
use standfast_coordination::Store;
use standfast_local::supervisor::STOP_WAIT;
use standfast_proxy::{LeaseSource, Proxy, ReadError, Sighting};
use standfast_record::{KeyValue, key};
use standfast_replication::{Error as EngineError, WriteCheck};
use standfast_store::Client;
use standfast_units::{Database, Epoch, Node, System, Ttl};
use standfast_zone::{DnsName, NameServer};

use crate::engine::DatabaseCheck;
use crate::exit::{CommandError, CommandResult, ExitStatus};
use crate::files::{self, ControllerFile};
use crate::runtime;

/// How long open connections may go on when the controller is asked to end.
const DRAIN: Duration = Duration::from_millis(100);

// Several proxies drain, one after the other, before the supervisor loses patience and kills the controller.
const _: () = assert!(DRAIN.as_millis() * 10 <= STOP_WAIT.as_millis());

/// Runs the controller.
pub(crate) fn run(config: &Path) -> CommandResult {
    let file: ControllerFile = files::read(config)?;
    runtime::start()?.block_on(async {
        let store = Client::new(file.store, file.timings.store_timeout());
        let names = standfast_dns::Server::bind(file.dns)
            .await
            .map_err(|error| CommandError::new(ExitStatus::Environment, error))?;
        let mut proxies = Vec::new();
        for database in file.databases.keys() {
            proxies.push(proxy(&file, database).await?);
        }
        let settings = settings(&file)?;
        let check = Checks::new(&file);
        let notify = Webhook {
            url: file.webhook.clone(),
        };
        let shutdown = runtime::asked_to_end()?;
        standfast_controller::run(settings, store, check, NamesOf(names), notify, shutdown).await;
        for proxy in proxies {
            proxy.shutdown(DRAIN).await;
        }
        Ok(ExitStatus::Success)
    })
}

fn settings(file: &ControllerFile) -> anyhow::Result<standfast_controller::Settings> {
    Ok(standfast_controller::Settings {
        system: file.system.clone(),
        region: file.region.clone(),
        regions: file.regions.clone(),
        pid: std::process::id(),
        address: file.dns.ip(),
        port_dns: file.dns.port(),
        port_proxy: file
            .databases
            .iter()
            .map(|(name, database)| (name.clone(), database.proxy.port()))
            .collect(),
        databases: file
            .databases
            .iter()
            .map(|(name, database)| {
                let nodes = database.nodes.iter().map(|(node, at)| {
                    let place = NodePlace {
                        region: at.region.clone(),
                        server: at.address,
                    };
                    (node.clone(), place)
                });
                (name.clone(), nodes.collect())
            })
            .collect(),
        zone: file
            .zone
            .parse::<DnsName>()
            .context("the zone is not a name")?,
        ttl: Ttl::seconds(file.ttl_s).context("the time to live is out of range")?,
        name_servers: file
            .name_servers
            .iter()
            .map(|(region, address)| NameServer {
                region: region.clone(),
                address: *address,
            })
            .collect(),
        publish_every: file.timings.renew_every(),
        fresh_for: file.timings.lease(),
    })
}

async fn proxy(file: &ControllerFile, database: &Database) -> Result<Proxy, CommandError> {
    let own = &file.databases[database];
    let settings = standfast_proxy::Settings::new(
        file.timings.lease(),
        Duration::from_millis(file.timings.clock_drift_max_ms),
        file.timings.renew_every(),
    );
    let source = StoreSource {
        // Its own: a proxy reads on a thread and runtime of its own, and so must the connection live.
        store: Client::new(file.store, file.timings.store_timeout()),
        system: file.system.clone(),
        database: database.clone(),
        places: own
            .nodes
            .iter()
            .map(|(node, at)| (node.clone(), at.address))
            .collect(),
    };
    Proxy::bind(own.proxy, settings, source, standfast_clock::now)
        .await
        .map_err(|error| CommandError::new(ExitStatus::Environment, error))
}

/// Reads lease and writer for a proxy, anew each time (P22).
struct StoreSource {
    store: Client,
    system: System,
    database: Database,
    /// Where each node is reached from this region.
    places: BTreeMap<Node, SocketAddr>,
}

impl StoreSource {
    async fn entry(&self, key: &str) -> Result<Option<Arc<KeyValue>>, ReadError> {
        let read = self.store.get(key).await.map_err(ReadError::new)?;
        Ok(read.entry)
    }
}

impl LeaseSource for StoreSource {
    async fn read(&mut self) -> Result<Sighting, ReadError> {
        let lease = self
            .entry(&key::lease(&self.system, &self.database))
            .await?;
        if lease.is_none() {
            return Ok(Sighting::ABSENT);
        }
        let writer = self
            .entry(&key::writer(&self.system, &self.database))
            .await?;
        let place = |node: &Node| self.places.get(node).copied();
        Sighting::of(lease.as_deref(), writer.as_deref(), place).map_err(ReadError::new)
    }
}

struct NamesOf(standfast_dns::Server);

impl Names for NamesOf {
    fn publish(&self, zone: Arc<standfast_zone::DnsZone>) -> Result<(), String> {
        self.0
            .publish(zone)
            .map(|_| ())
            .map_err(|refused| refused.to_string())
    }
}

/// One write check per database, told apart by where the server listens.
#[derive(Debug, Clone)]
struct Checks(Arc<BTreeMap<SocketAddr, DatabaseCheck>>);

impl Checks {
    fn new(file: &ControllerFile) -> Self {
        let mut checks = BTreeMap::new();
        for database in file.databases.values() {
            let check = DatabaseCheck::of(database);
            for node in database.nodes.values() {
                checks.insert(node.address, check.clone());
            }
        }
        Self(Arc::new(checks))
    }

    fn at(&self, address: SocketAddr) -> Result<&DatabaseCheck, EngineError> {
        self.0
            .get(&address)
            .ok_or_else(|| EngineError::Contradiction {
                what: format!("no database is known at {address}"),
            })
    }
}

impl WriteCheck for Checks {
    async fn answers(&self, address: SocketAddr) -> bool {
        match self.at(address) {
            Ok(check) => check.answers(address).await,
            Err(_) => false,
        }
    }

    async fn verify(&self, address: SocketAddr, epoch: Epoch) -> Result<(), EngineError> {
        self.at(address)?.verify(address, epoch).await
    }
}

/// Tells people by a POST to a URL.
#[derive(Debug, Clone)]
struct Webhook {
    url: Option<String>,
}

impl Notify for Webhook {
    async fn tell(&self, text: &str) -> Result<(), String> {
        match &self.url {
            None => {
                tracing::info!(text, "nobody is to be told");
                Ok(())
            }
            Some(url) => crate::webhook::post(url, text)
                .await
                .map_err(|error| format!("{error:#}")),
        }
    }
}
