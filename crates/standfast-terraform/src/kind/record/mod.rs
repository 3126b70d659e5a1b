//! The names that clients use, and how it is seen from outside whether they lead anywhere.
//!
//! A name leads to the region whose latch is set. Beside it every region has a name of its own, which
//! leads there whatever serves: for checkers, and for operators who look into a region.

mod certificate;
pub(crate) mod checker;
pub(crate) mod host;
mod steering;

use std::collections::BTreeMap;

use standfast_blueprint::{Class, Metric, Name};

use crate::kind::contract::{
    Access, Explainable, Kinds, Measurable, NAMES_TOPIC, Nameable, NetworkPath, Publishable,
    RecordAnswer, ThingKind, ToldVariables, Usable,
};
use crate::kind::record::host::{find, host, host_in, serves};
use crate::kind::record::steering::ZoneRecord;
use crate::kind::series::{Series, Viewpoint};
use crate::syntax::address::Template;
use crate::syntax::json::{body, literal};
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::syntax::provider::ResourceType;
use crate::system::aws::{AwsSystem, GLOBAL};
use crate::system::name::identifier;
use crate::system::region::AwsRegion;

/// The section `names`.
pub(crate) struct NameKind;

impl ThingKind for NameKind {
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str> {
        let records = system.blueprint.names.records.keys();
        records.map(Name::as_str).collect()
    }

    fn declare(&self, _: Kinds, _: &AwsSystem<'_>, _: &AwsRegion, _: &mut ModuleFiles) {}

    fn declare_global(&self, kinds: Kinds, system: &AwsSystem<'_>, module: &mut ModuleFiles) {
        let names = &system.blueprint.names;
        if names.records.is_empty() {
            return;
        }
        let zone = zone(system, module);
        module.output("zone_id", "The hosted zone.", &zone);
        for (key, record) in &names.records {
            let zone = &zone;
            let entry = ZoneRecord { key, record, zone };
            declare_one(kinds, system, &entry, module);
        }
    }

    fn remedy(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Option<&'static str> {
        // Names are there wherever they are asked for.
        None
    }

    fn as_usable(&self) -> Option<&dyn Usable> {
        Some(self)
    }

    fn as_publishable(&self) -> Option<&dyn Publishable> {
        None
    }

    fn as_nameable(&self) -> Option<&dyn Nameable> {
        None
    }

    fn as_measurable(&self) -> Option<&dyn Measurable> {
        Some(self)
    }

    fn as_explainable(&self) -> Option<&dyn Explainable> {
        Some(self)
    }
}

fn declare_one(
    kinds: Kinds,
    system: &AwsSystem<'_>,
    entry: &ZoneRecord<'_>,
    module: &mut ModuleFiles,
) {
    let (key, record) = (entry.key, entry.record);
    let target = kinds.target(system, record);
    if let Some(target) = &target {
        certificate::declare(system, entry, target.section, module);
    }
    let target = target.and_then(|target| kinds.of(target.section).as_nameable());
    for region in system.data_regions() {
        let answer = target.and_then(|kind| kind.answer(system, region, key, record, module));
        let Some(answer) = answer else {
            continue;
        };
        steering::declare(system, region, entry, answer.clone(), module);
        if !matches!(answer, RecordAnswer::Private(_)) {
            steering::declare_own(system, region, entry, answer, module);
        }
    }
    if let Some(probe) = &record.probe {
        checker::declare(system, key, record, probe, module);
    }
    module.output(
        &format!("{}_name", identifier(key.as_str())),
        "What clients use.",
        host(system, key, record),
    );
}

/// The zone, created here or found; yields a reference to its id.
fn zone(system: &AwsSystem<'_>, module: &mut ModuleFiles) -> Template {
    let names = &system.blueprint.names;
    if let Some(id) = &names.zone_id {
        let zone = ResourceType::Route53Zone.data("main");
        module.declare(NAMES_TOPIC, &zone, body! { "zone_id": literal(id) });
        return zone.zone_id();
    }
    let zone = ResourceType::Route53Zone.named("main");
    module.declare(
        NAMES_TOPIC,
        &zone,
        body! {
            "name": names.zone.as_str(),
            "comment": format!("Names of {}", system.full_name()),
            "force_destroy": system.blueprint.class == Class::Ephemeral,
        },
    );
    module.output(
        "name_servers",
        "To be entered where the parent zone is kept.",
        zone.name_servers(),
    );
    zone.zone_id()
}

impl Usable for NameKind {
    fn statements(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str, _: Access) -> Vec<Statement> {
        // A name is looked up like any other.
        Vec::new()
    }

    fn variables(&self, system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> ToldVariables {
        let first = "ENDPOINTS";
        let values = vec![(first, endpoints(system, region, name))];
        ToldVariables { first, values }
    }

    fn paths(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &str) -> Vec<NetworkPath> {
        Vec::new()
    }

    fn endpoints(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Where the other regions answer under a name, as JSON: the health route of each.
fn endpoints(system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> String {
    let Some((key, record)) = find(system, name) else {
        return "{}".to_owned();
    };
    let probe = record.probe.as_ref();
    let path = probe
        .and_then(|probe| probe.https.as_ref().or(probe.http.as_ref()))
        .map_or("/", |path| path.as_str());
    let secure = probe.is_none_or(|probe| probe.http.is_none());
    let scheme = if secure { "https" } else { "http" };
    let others = system
        .data_regions()
        .filter(|other| other.aws != region.aws);
    let others: BTreeMap<&str, String> = others
        .map(|other| {
            let host = host_in(system, key, record, other);
            (other.aws.as_str(), format!("{scheme}://{host}{path}"))
        })
        .collect();
    serde_json::to_string(&others).unwrap_or_default()
}

impl Measurable for NameKind {
    fn series(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        metric: Metric,
        name: &str,
        from: &mut Viewpoint<'_>,
    ) -> Vec<Series> {
        let asked = find(system, name)
            .is_some_and(|(_, record)| record.probe.is_some() && serves(system, record, region));
        let Viewpoint::Global(_) = from else {
            return Vec::new();
        };
        if !asked || metric != Metric::Reachability {
            return Vec::new();
        }
        let checker = checker::address(name, region);
        vec![checker::status(&checker, region.aws.clone())]
    }
}

impl Explainable for NameKind {
    fn before(&self, system: &AwsSystem<'_>) -> Vec<String> {
        let names = &system.blueprint.names;
        if names.records.is_empty() || names.zone_id.is_some() {
            return Vec::new();
        }
        let zone = names.zone.as_str();
        let mut items = vec![format!(
            "The zone `{zone}` is created by `{GLOBAL}`. Enter its name servers (output `name_servers`) where \
             the parent zone is kept; an apply that issues certificates waits for that."
        )];
        let reserved = ["example.com", "example.net", "example.org"];
        let within = |known: &&str| zone == *known || zone.ends_with(&format!(".{known}"));
        if reserved.iter().any(within) {
            items.push(
                "AWS creates no zone within `example.com` and its like, which belong to nobody: name a zone of \
                 yours in the blueprint before you apply."
                    .to_owned(),
            );
        }
        items
    }

    fn fencing(&self, _: &AwsSystem<'_>, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn taking_over(&self, _: &AwsSystem<'_>, _: &AwsRegion, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn afterwards(&self, _: &AwsSystem<'_>, _: &AwsRegion) -> Vec<String> {
        Vec::new()
    }

    fn drills(&self, _: &AwsSystem<'_>) -> Vec<String> {
        Vec::new()
    }
}
