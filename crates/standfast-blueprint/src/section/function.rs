//! Functions: code that runs when it is called, or by the clock.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_units::Bytes;

use crate::choice::{CallAccess, FunctionNetwork, Placement};
use crate::defaults;
use crate::grammar::record;
use crate::section::certificate::Certificate;
use crate::text::name::Name;
use crate::text::reference::Use;
use crate::text::resource::VariableName;
use crate::text::route::Route;

record! {
    /// A function: code that runs when it is called, or by the clock.
    pub struct FunctionSpec {
        /// The package it is built from; `<package>.zip` is what is deployed.
        required package: Name,
        /// In which regions it runs.
        default runs: Placement = Placement::Every,
        /// Whether it runs inside the private network of its region.
        default network: FunctionNetwork = FunctionNetwork::None,
        /// The routes of an HTTP interface of its own.
        default routes: Vec<Route> = Vec::new(),
        /// Who may call its routes.
        default access: CallAccess = CallAccess::Open,
        /// The service whose balancer leads to it.
        optional balancer: Name,
        /// How often the clock calls it, in whole minutes; never when absent.
        optional every: Duration,
        /// How long a call may take, up to 15m.
        default timeout: Duration = defaults::FUNCTION_TIMEOUT,
        /// The memory of a call, 128MiB to 10240MiB.
        default memory: Bytes = defaults::FUNCTION_MEMORY,
        /// Further variables of its environment.
        default env: BTreeMap<VariableName, String> = BTreeMap::new(),
        /// What it uses. Each use becomes rights, routes through the network and variables.
        default uses: Vec<Use> = Vec::new(),
        /// The stage of its HTTP interface.
        default stage: Name = defaults::stage(),
        /// The certificate of the names that lead to its HTTP interface.
        optional certificate: Certificate,
        /// How long its logs are kept.
        default log_retention: Duration = defaults::LOG_RETENTION,
    }
}
