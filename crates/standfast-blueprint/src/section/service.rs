//! Services: instances behind a balancer, or processes on one machine.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use standfast_units::Bytes;

use crate::choice::Balancer;
use crate::defaults;
use crate::grammar::record;
use crate::section::certificate::Certificate;
use crate::text::name::Name;
use crate::text::network::UrlPath;
use crate::text::reference::Use;

record! {
    /// A service: instances behind a balancer, or processes on one machine.
    pub struct ServiceSpec {
        /// The Rust package that is built and run.
        optional package: Name,
        /// The machine image, or the parameter that names it.
        optional image: String,
        /// The type of its instances in the cloud.
        optional instance: String,
        /// The disk of an instance in the cloud, which must be as large as its image.
        default disk: Bytes = defaults::DISK,
        /// Where it listens.
        optional port: NonZeroU16,
        /// The path that answers when it can serve.
        optional health: UrlPath,
        /// How many instances it has, per region.
        optional instances: InstancesSpec,
        /// Who reaches its balancer; the private network when absent.
        optional balancer: Balancer,
        /// How long a new instance may fail its checks.
        optional grace: Duration,
        /// The script an instance begins with.
        optional user_data: String,
        /// The certificate of its balancer; HTTPS is served, and HTTP leads to it, when there is one.
        optional certificate: Certificate,
        /// How the balancer checks instances.
        optional check: CheckSpec,
        /// What its instances use. Each use becomes rights, routes through the network and variables.
        default uses: Vec<Use> = Vec::new(),
    }
}

record! {
    /// How many instances a service has.
    pub struct InstancesSpec {
        /// In the home region.
        required home: u16,
        /// In each standby region.
        required standby: u16,
        /// The most it may grow to.
        optional max: NonZeroU16,
    }
}

record! {
    /// How a balancer checks instances.
    pub struct CheckSpec {
        /// How often.
        optional every: Duration,
        /// How long an answer may take.
        optional timeout: Duration,
        /// Answers in a row before an instance counts as healthy.
        optional up: NonZeroU32,
        /// Failures in a row before it does not.
        optional down: NonZeroU32,
    }
}
