//! The DNS names that clients use.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use standfast_units::Ttl;

use crate::choice::Steering;
use crate::defaults;
use crate::grammar::record;
use crate::scalar::Weight;
use crate::text::name::Name;
use crate::text::network::{DomainName, UrlPath};

record! {
    /// The DNS names that clients use.
    pub(crate) struct NamesSection {
        /// The zone they lie in; `<name>.test` when absent.
        optional zone: DomainName,
        /// The hosted zone of the cloud, by its id.
        optional zone_id: String,
        /// Records beside those of the databases, by name.
        default records: BTreeMap<Name, RecordSpec> = BTreeMap::new(),
    }
}

record! {
    /// A DNS name that follows the region that serves.
    pub struct RecordSpec {
        /// The service, function or database it leads to.
        required target: Name,
        /// The whole name; the name of this section within the zone when absent.
        optional name: DomainName,
        /// How long resolvers may keep the answer.
        default ttl: Ttl = defaults::RECORD_TTL,
        /// How it is found out whether a region serves.
        optional probe: ProbeSpec,
        /// How the name steers clients.
        default steer: Steering = defaults::STEERING,
        /// The share of the home region when steering is weighted.
        optional weight: Weight,
    }
}

record! {
    /// How it is found out whether a region serves.
    pub struct ProbeSpec {
        /// The path that is asked for over TLS.
        optional https: UrlPath,
        /// The path that is asked for in the clear.
        optional http: UrlPath,
        /// How often.
        default every: Duration = defaults::PROBE_EVERY,
        /// How long an answer may take.
        default timeout: Duration = defaults::PROBE_TIMEOUT,
        /// Failures in a row before the region does not serve.
        default failures: NonZeroU32 = defaults::PROBE_FAILURES,
    }
}

impl NamesSection {
    /// The section when there is none.
    pub(crate) fn absent() -> Self {
        Self {
            zone: None,
            zone_id: None,
            records: BTreeMap::new(),
        }
    }
}
