//! What the supervisor of a deployment keeps running, and in which order it is stopped.

use std::ffi::OsString;
use std::path::PathBuf;

use standfast_local::session::OWN_PROGRAM;
use standfast_local::supervisor::ProcessSpec;
use standfast_units::Region;

use crate::deployment::Deployment;
use crate::files;

/// The order in which processes are stopped: agents first, so that databases end in order while the store
/// still answers.
#[derive(Debug, Clone, Copy)]
enum StopRank {
    Agent,
    Controller,
    Relay,
    Store,
}

/// How many ranks of processes are stopped one after the other.
pub(crate) const STOP_RANKS: u128 = StopRank::Store as u128 + 1;

impl Deployment<'_> {
    /// What the supervisor keeps running.
    pub(crate) fn processes(&self) -> Vec<ProcessSpec> {
        let mut specs: Vec<ProcessSpec> = self.store_process().into_iter().collect();
        for region in self.regions() {
            specs.push(self.relay_process(&region));
            let name = files::controller_process(&region);
            specs.push(self.daemon("controller", name, Some(region), StopRank::Controller));
        }
        for agent in &self.agents {
            let region = agent.own().ok().map(|own| own.region.clone());
            specs.push(self.daemon("agent", agent.process(), region, StopRank::Agent));
        }
        specs
    }

    fn store_process(&self) -> Option<ProcessSpec> {
        let arguments = vec![
            "store".into(),
            "--path".into(),
            self.layout.store().join("store.redb").into_os_string(),
            "--listen".into(),
            self.addresses.store()?.to_string().into(),
        ];
        Some(self.process("store".to_owned(), None, arguments, StopRank::Store))
    }

    fn relay_process(&self, region: &Region) -> ProcessSpec {
        let socket = self.layout.relay_socket(region).into_os_string();
        let routes = self.addresses.relay_listens(region);
        let arguments = ["relay".into(), "--control".into(), socket]
            .into_iter()
            .chain(routes.iter().map(|route| route.to_string().into()))
            .collect();
        let name = format!("relay/{region}");
        self.process(name, Some(region.clone()), arguments, StopRank::Relay)
    }

    /// A process that reads what it is started with from a file of its name.
    fn daemon(
        &self,
        command: &str,
        name: String,
        region: Option<Region>,
        rank: StopRank,
    ) -> ProcessSpec {
        let config = files::daemon_path(self.layout.state(), &name).into_os_string();
        let arguments = vec![command.into(), "--config".into(), config];
        self.process(name, region, arguments, rank)
    }

    fn process(
        &self,
        name: String,
        region: Option<Region>,
        arguments: Vec<OsString>,
        rank: StopRank,
    ) -> ProcessSpec {
        ProcessSpec {
            log: self.layout.log(&name),
            name,
            region,
            program: PathBuf::from(OWN_PROGRAM),
            arguments,
            environment: Vec::new(),
            stop_rank: rank as u8,
        }
    }
}
