//! The file as a whole.

use std::collections::BTreeMap;
use std::time::Duration;

use standfast_units::{Database, Region};

use crate::choice::Class;
use crate::defaults;
use crate::grammar::collection::Map;
use crate::grammar::reader::Partial;
use crate::grammar::record;
use crate::scalar::{FormatVersion, MaybeText};
use crate::section::alarm::AlarmSpec;
use crate::section::bucket::BucketSpec;
use crate::section::dashboard::ShownDashboard;
use crate::section::database::DatabaseSection;
use crate::section::failover::FailoverSection;
use crate::section::function::FunctionSpec;
use crate::section::names::NamesSection;
use crate::section::notification::NotifySpec;
use crate::section::parameter::PublishedParameter;
use crate::section::region::RegionSection;
use crate::section::service::ServiceSpec;
use crate::section::state::StateSection;
use crate::section::table::TableSpec;
use crate::section::waiver::Waiver;
use crate::source::Spanned;
use crate::text::finding::FindingCode;
use crate::text::name::Name;
use crate::text::resource::TagName;

record! {
    /// A service that lives in one region and stands by in another, and what it promises.
    pub(crate) struct Document {
        /// The version of this format.
        required standfast: Partial<FormatVersion>,
        /// The name of the system. With the environment it lands in every resource name.
        required name: Partial<Spanned<Name>>,
        /// Which of several copies of the system this is.
        implied environment: Partial<Name> = defaults::ENVIRONMENT,
        /// Whether it would be missed.
        default class: Class = defaults::CLASS,
        /// What the system promises when a region is lost.
        required promise: Partial<PromiseSection>,
        /// The places, by name. Exactly one is home; at most one is a witness.
        required regions: Partial<Spanned<Map<Region, Partial<RegionSection>>>>,
        /// The databases, by name.
        optional databases: Partial<Map<Database, Partial<DatabaseSection>>>,
        /// The services, by name: instances behind a balancer, or processes on one machine.
        optional services: Partial<BTreeMap<Name, ServiceSpec>>,
        /// The DNS names that clients use.
        optional names: Partial<NamesSection>,
        /// Who is told.
        optional notify: Partial<NotifySpec>,
        /// Who may take over, and when.
        optional failover: Partial<FailoverSection>,
        /// Findings that are accepted, by code.
        optional waive: Partial<BTreeMap<FindingCode, Waiver>>,
        /// Functions, by name: code that runs when it is called, or by the clock.
        optional functions: Partial<BTreeMap<Name, FunctionSpec>>,
        /// Tables, by name: items by key.
        optional tables: Partial<BTreeMap<Name, TableSpec>>,
        /// Buckets, by name: objects, one bucket per region.
        optional buckets: Partial<BTreeMap<Name, BucketSpec>>,
        /// Parameters published to applications, by name.
        optional parameters: Partial<BTreeMap<Name, PublishedParameter>>,
        /// Dashboards, by name.
        optional dashboards: Partial<BTreeMap<Name, ShownDashboard>>,
        /// Alarms, by name.
        optional alarms: Partial<BTreeMap<Name, AlarmSpec>>,
        /// Where the state of the synthesized modules is kept.
        optional state: Partial<StateSection>,
        /// Tags of every resource. `{region}` stands for the region; a tag with `{role}` is set on
        /// databases only, once, and left to what moves the role.
        optional tags: Partial<BTreeMap<TagName, MaybeText>>,
    }
}

record! {
    /// What the system promises when a region is lost.
    pub(crate) struct PromiseSection {
        /// The most time without writes: detect, decide, fence, promote and redirect together.
        required rto: Spanned<Duration>,
        /// The most writes that may be lost, as the time in which they were made.
        required rpo: Spanned<Duration>,
    }
}
