//! From the file to the intended system: defaults are filled in, and what several values mean
//! together is checked as far as the values could be read.

use std::collections::BTreeMap;

use standfast_units::{Database, Region, System};

use crate::code::Code;
use crate::defaults;
use crate::diagnostic::Diagnostic;
use crate::grammar::collection::Map;
use crate::grammar::reader::{Partial, Reader};
use crate::model::{
    Blueprint, CloudDatabaseSpec, DatabaseSpec, FailoverSpec, NamesSpec, NodeCounts, Promise,
    RegionKind, RegionSpec, StateSpec,
};
use crate::placed::{PlacedDatabase, PlacedFailover, PlacedRegion};
use crate::rule;
use crate::scalar::Servers;
use crate::section::database::{DatabaseSection, NodesSection};
use crate::section::document::{Document, PromiseSection};
use crate::section::failover::FailoverSection;
use crate::section::names::NamesSection;
use crate::section::notification::NotifySpec;
use crate::section::region::RegionSection;
use crate::section::state::StateSection;
use crate::source::Spanned;
use crate::text::database::Identifier;
use crate::text::name::{Name, Zone};
use crate::text::network::DomainName;

/// Puts the system together; `None` when a part is missing or could not be read. A system that is
/// returned beside a problem is not to be used.
pub(crate) fn assemble(document: Document, reader: &mut Reader) -> Option<Blueprint> {
    let promise = document.promise.0;
    let regions_span = document.regions.0.as_ref().map(|regions| regions.span);
    let regions = document.regions.0.and_then(|given| regions(given.value));
    let failover = failover(document.failover, promise.as_ref());
    let databases = given_or(document.databases, Map::default)
        .map(|databases| databases.entries.into_iter().map(database).collect());

    rule::check_parts(
        regions.as_deref().zip(regions_span),
        databases.as_ref(),
        failover.as_ref(),
        promise.as_ref(),
        reader,
    );

    let name = document.name.0?;
    let environment = given_or(document.environment, defaults::environment)?;
    let promise = promise?;
    let regions = regions?.into_iter().map(|region| region.spec);
    let databases: Vec<Option<PlacedDatabase>> = databases?;
    let databases = databases.into_iter().map(|database| Some(database?.spec));
    Some(Blueprint {
        system: system(&name, &environment, reader)?,
        class: document.class,
        promise: Promise {
            rto: promise.rto.value,
            rpo: promise.rpo.value,
        },
        regions: regions.collect(),
        databases: databases.collect::<Option<_>>()?,
        services: given_or(document.services, BTreeMap::new)?,
        names: names(given_or(document.names, NamesSection::absent)?, &name.value),
        notify: given_or(document.notify, || NotifySpec {
            email: Vec::new(),
            webhook: None,
        })?,
        failover: failover?.spec,
        waivers: given_or(document.waive, BTreeMap::new)?,
        functions: given_or(document.functions, BTreeMap::new)?,
        tables: given_or(document.tables, BTreeMap::new)?,
        buckets: given_or(document.buckets, BTreeMap::new)?,
        parameters: unwrapped(given_or(document.parameters, BTreeMap::new)?, |each| each.0),
        dashboards: unwrapped(given_or(document.dashboards, BTreeMap::new)?, |each| each.0),
        alarms: given_or(document.alarms, BTreeMap::new)?,
        state: match document.state {
            Some(Partial(state)) => state_of(state?),
            None => None,
        },
        tags: given_or(document.tags, BTreeMap::new)?
            .into_iter()
            .filter_map(|(tag, value)| Some((tag, value.0?)))
            .collect(),
        name: name.value,
        environment,
    })
}

/// What stands there, or what holds otherwise; `None` when it could not be read.
fn given_or<T>(given: Option<Partial<T>>, default: impl FnOnce() -> T) -> Option<T> {
    match given {
        Some(Partial(value)) => value,
        None => Some(default()),
    }
}

fn system(name: &Spanned<Name>, environment: &Name, reader: &mut Reader) -> Option<System> {
    match System::new(&format!("{}-{environment}", name.value)) {
        Ok(system) => Some(system),
        Err(error) => {
            let message = format!("name and environment make no name of a system: {error}");
            reader.report(Diagnostic::error(Code::NameTooLong, name.span, message));
            None
        }
    }
}

fn regions(file: Map<Region, Partial<RegionSection>>) -> Option<Vec<PlacedRegion>> {
    let regions = file.entries.into_iter().map(|(name, file)| {
        let file = file.0?;
        Some(region(name, file))
    });
    // An unreadable region may have been the home, so none is checked then.
    regions.collect()
}

fn region(name: Spanned<Region>, file: RegionSection) -> PlacedRegion {
    let kind = match (file.home, file.witness) {
        (true, _) => RegionKind::Home,
        (false, true) => RegionKind::Witness,
        (false, false) => RegionKind::Standby,
    };
    let data = [
        ("zones", file.zones.as_ref().map(|zones| zones.span)),
        ("subnets", file.subnets.as_ref().map(|subnets| subnets.span)),
        ("nat", file.nat.as_ref().map(|nat| nat.span)),
    ];
    let zone_count = match kind {
        RegionKind::Witness => 0,
        RegionKind::Home | RegionKind::Standby => {
            file.zones.map_or(defaults::ZONES, |zones| zones.value.0)
        }
    };
    let zones = (0..zone_count).map(|index| Zone::new(&name.value, index));
    PlacedRegion {
        name_span: name.span,
        home: file.home,
        witness: file.witness,
        cidr: file.cidr,
        data: data
            .into_iter()
            .find_map(|(key, span)| span.map(|span| (key, span))),
        spec: RegionSpec {
            zones: zones.collect(),
            region: name.value,
            kind,
            cidr: file.cidr.map(|cidr| cidr.value),
            subnets: file.subnets.map(|subnets| subnets.value),
            nat: file.nat.map(|nat| nat.value),
        },
    }
}

fn database((name, file): (Spanned<Database>, Partial<DatabaseSection>)) -> Option<PlacedDatabase> {
    let file = file.0?;
    let nodes = file.nodes.unwrap_or(NodesSection {
        home: None,
        standby: None,
    });
    let servers =
        |given: Option<Spanned<Servers>>, default| given.map_or(default, |servers| servers.value.0);
    let parameters = file.parameters.into_iter();
    Some(PlacedDatabase {
        name_span: name.span,
        home_count_span: nodes.home.map(|home| home.span),
        spec: DatabaseSpec {
            engine: file.engine,
            version: file.version,
            database: file
                .database
                .unwrap_or_else(|| Identifier::from_name(name.value.as_str())),
            username: file
                .username
                .unwrap_or_else(|| Identifier::from_name(defaults::USERNAME)),
            credentials: file.credentials.map(|credentials| credentials.0),
            durability: file.durability,
            node_counts: NodeCounts {
                home: servers(nodes.home, defaults::SERVERS_HOME),
                standby: servers(nodes.standby, defaults::SERVERS_STANDBY),
            },
            parameters: parameters.map(|(name, value)| (name, value.0)).collect(),
            local_bin: file.local.and_then(|local| local.bin),
            cloud: CloudDatabaseSpec {
                instance: file.instance,
                serverless: file.serverless,
                multi_zone: file.multi_zone,
                storage: file.storage,
                key: file.key,
                backup: file.backup,
                maintenance: file.maintenance,
                monitoring: file.monitoring,
                logs: file.logs,
                reach: file.reach,
            },
            name: name.value,
        },
    })
}

fn names(file: NamesSection, name: &Name) -> NamesSpec {
    NamesSpec {
        zone: file.zone.unwrap_or_else(|| DomainName::for_tests(name)),
        zone_id: file.zone_id,
        records: file.records,
    }
}

fn failover(
    given: Option<Partial<FailoverSection>>,
    promise: Option<&PromiseSection>,
) -> Option<PlacedFailover> {
    let file = given_or(given, FailoverSection::absent)?;
    // Without the promise there is no default for the most loss, and nothing to check against.
    let promise = promise?;
    let max_loss = file.max_loss.unwrap_or(promise.rpo);
    Some(PlacedFailover {
        lease_span: file.lease.map(|lease| lease.span),
        max_loss_span: max_loss.span,
        spec: FailoverSpec {
            mode: file.mode,
            lease: file.lease.map_or(defaults::LEASE, |lease| lease.value),
            hold_down: file.hold_down,
            cool_down: file.cool_down,
            max_loss: max_loss.value,
            alone: file.alone,
            gate: file.gate,
        },
    })
}

fn unwrapped<T, U>(given: BTreeMap<Name, T>, inner: impl Fn(T) -> U) -> BTreeMap<Name, U> {
    let given = given.into_iter();
    given.map(|(name, value)| (name, inner(value))).collect()
}

fn state_of(file: StateSection) -> Option<StateSpec> {
    let bucket = file.bucket?.0?;
    Some(StateSpec {
        bucket,
        region: file.region,
    })
}
