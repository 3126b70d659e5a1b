//! What a kind of thing answers for: what it declares, and what others need of it. A section of the
//! blueprint becomes a kind by an implementation of [`ThingKind`] and a row of the table in `kind/mod.rs`;
//! every method is required, so that what a kind does not have is said and not forgotten.

use standfast_blueprint::{Metric, Name, RecordSpec, Reference, Section, Source};

use crate::kind::series::{Series, Viewpoint};
use crate::syntax::address::Template;
use crate::syntax::module::ModuleFiles;
use crate::syntax::policy::Statement;
use crate::system::aws::AwsSystem;
use crate::system::region::AwsRegion;

/// The file in which the module that spans regions keeps names, and looks up what they lead to.
pub(crate) const NAMES_TOPIC: &str = "names";

/// The file in which that module keeps certificates, and what serves with them.
pub(crate) const CERTIFICATES_TOPIC: &str = "certificates";

/// One kind of thing: a section of the blueprint.
pub(crate) trait ThingKind: Sync {
    /// The names of its things, in the order of the blueprint.
    fn names<'s>(&self, system: &'s AwsSystem<'_>) -> Vec<&'s str>;

    /// Declares what the module of a region has of it.
    fn declare(
        &self,
        kinds: Kinds,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        module: &mut ModuleFiles,
    );

    /// Declares what the module that spans regions has of it.
    fn declare_global(&self, kinds: Kinds, system: &AwsSystem<'_>, module: &mut ModuleFiles);

    /// How the blueprint is to be changed so that a region has a thing that it lacks; nothing when it has it.
    fn remedy(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
    ) -> Option<&'static str>;

    /// What its use by functions and services gives them; nothing when nothing uses it.
    fn as_usable(&self) -> Option<&dyn Usable>;

    /// What parameters hold of it; nothing when it is never published.
    fn as_publishable(&self) -> Option<&dyn Publishable>;

    /// Where a name leads that leads to it; nothing when no name does.
    fn as_nameable(&self) -> Option<&dyn Nameable>;

    /// What is measured of it; nothing when no metric is.
    fn as_measurable(&self) -> Option<&dyn Measurable>;

    /// What the page tells of it; nothing when the modules say it all.
    fn as_explainable(&self) -> Option<&dyn Explainable>;
}

/// What the use of a thing gives to the function or service that uses it.
pub(crate) trait Usable {
    /// The rights.
    fn statements(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        name: &str,
        access: Access,
    ) -> Vec<Statement>;

    /// The variables of the environment.
    fn variables(&self, system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> ToldVariables;

    /// The ways through the private network.
    fn paths(&self, system: &AwsSystem<'_>, region: &AwsRegion, name: &str) -> Vec<NetworkPath>;

    /// The services of AWS that are called, by the names of their endpoints.
    fn endpoints(&self) -> &'static [&'static str];
}

/// What a published parameter holds of a thing.
pub(crate) trait Publishable {
    /// The value in a region; nothing when the region has none.
    fn value(&self, system: &AwsSystem<'_>, region: &AwsRegion, source: &Source) -> Option<String>;
}

/// What a name leads to.
pub(crate) trait Nameable {
    /// The answer in a region; nothing when the region has none. `key` is the name, `module` the one that
    /// spans regions, where the answer is looked up.
    fn answer(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        key: &Name,
        record: &RecordSpec,
        module: &mut ModuleFiles,
    ) -> Option<RecordAnswer>;
}

/// What is measured of a thing.
pub(crate) trait Measurable {
    /// The series of a metric that belong to a region.
    fn series(
        &self,
        system: &AwsSystem<'_>,
        region: &AwsRegion,
        metric: Metric,
        name: &str,
        from: &mut Viewpoint<'_>,
    ) -> Vec<Series>;
}

/// What the page beside the modules tells operators of the things of a kind.
pub(crate) trait Explainable {
    /// Items of the list of what is done before the first apply.
    fn before(&self, system: &AwsSystem<'_>) -> Vec<String>;

    /// Commands that keep a lost region from taking writes.
    fn fencing(&self, system: &AwsSystem<'_>, home: &AwsRegion) -> Vec<String>;

    /// Steps by which another region takes over.
    fn taking_over(&self, system: &AwsSystem<'_>, home: &AwsRegion, to: &AwsRegion) -> Vec<String>;

    /// Paragraphs about what is left for later.
    fn afterwards(&self, system: &AwsSystem<'_>, to: &AwsRegion) -> Vec<String>;

    /// The chapters about what is drilled.
    fn drills(&self, system: &AwsSystem<'_>) -> Vec<String>;
}

/// The kinds by their sections. A kind that needs others of any kind is handed this: none of them knows
/// the table.
#[derive(Clone, Copy)]
pub(crate) struct Kinds {
    /// Every section, in the order of the table.
    pub(crate) sections: &'static [Section],
    /// The kind of a section.
    pub(crate) kind: fn(Section) -> &'static dyn ThingKind,
}

impl Kinds {
    /// The kind of a section.
    pub(crate) fn of(self, section: Section) -> &'static dyn ThingKind {
        (self.kind)(section)
    }

    /// Every kind, in the order of the table.
    pub(crate) fn all(self) -> impl Iterator<Item = &'static dyn ThingKind> {
        self.sections.iter().map(move |&section| self.of(section))
    }

    /// What a record leads to: the thing of its name, of a kind that names lead to.
    pub(crate) fn target(self, system: &AwsSystem<'_>, record: &RecordSpec) -> Option<Reference> {
        let name = record.target.as_str();
        let mut sections = self.sections.iter().copied();
        let section = sections.find(|&section| {
            let kind = self.of(section);
            kind.as_nameable().is_some() && kind.names(system).contains(&name)
        })?;
        Some(Reference {
            section,
            name: name.to_owned(),
        })
    }
}

/// What is done with the contents of buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Objects are read.
    Read,
    /// Objects are read and written.
    ReadAndWrite,
}

/// Variables that tell of a thing. The first thing of a kind has the plain names; others add their own
/// name to each.
pub(crate) struct ToldVariables {
    /// The variable by which it is known whether a first thing was told of.
    pub(crate) first: &'static str,
    /// Names and values.
    pub(crate) values: Vec<(&'static str, String)>,
}

/// A way through the private network to something that is used.
pub(crate) struct NetworkPath {
    /// What the rule is called after.
    pub(crate) key: String,
    /// Where it leads, for people.
    pub(crate) to: String,
    /// The port.
    pub(crate) port: u16,
    /// The range of addresses at its end.
    pub(crate) range: String,
}

/// What a name leads to in a region.
#[derive(Debug, Clone)]
pub(crate) enum RecordAnswer {
    /// Another name, which only the private network reaches.
    Private(Template),
    /// Another name.
    Name(Template),
    /// A balancer: its name and the zone of it, which Route 53 answers itself.
    Balancer {
        /// The name of the balancer.
        name: Template,
        /// The zone that name lies in.
        zone: Template,
    },
}
