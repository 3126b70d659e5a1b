//! What AWS cannot be made of: everything at once, each with the limit and the way out.
//!
//! Limits are those of the services' API references. What only AWS can know (whether a class of
//! instances exists in a region, whether a quota is enough) is left to it.

mod alarms;
mod bounds;
mod buckets;
mod certificates;
pub(crate) mod clashes;
mod databases;
mod functions;
mod names;
mod networks;
mod parameters;
mod presence;
pub(crate) mod refusal;
mod regions;
mod services;
mod tables;

use standfast_blueprint::Section;

use crate::kind::KINDS;
use crate::refuse::refusal::Refusal;
use crate::system::aws::AwsSystem;
use crate::system::options::Options;

/// Looks for one thing that stands in the way.
type Objection = fn(&AwsSystem<'_>, &mut Vec<Refusal>);

/// The rounds in which a blueprint is looked at, in this order: what a person has to know first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// Databases that AWS does not keep.
    Databases,
    /// Networks, and who is outside of them.
    Networks,
    /// Names that lead nowhere.
    Names,
    /// Certificates that are not there.
    Certificates,
    /// Services that lack something.
    Services,
    /// Uses of what a region lacks.
    Presence,
    /// Values out of bounds.
    Bounds,
    /// Names and values that AWS keeps for itself.
    Reserved,
    /// Values of what has copies, or leads to copies.
    Copies,
    /// Alarms that would never ring.
    Alarms,
}

/// What is looked at of a section. A section of the blueprint that is not looked at does not compile.
const fn objections(section: Section) -> &'static [(Round, Objection)] {
    match section {
        Section::Databases => &[
            (Round::Databases, databases::shape),
            (Round::Bounds, databases::bounds),
            (Round::Reserved, databases::reserved),
        ],
        Section::Tables => &[(Round::Reserved, tables::reserved)],
        Section::Buckets => &[(Round::Copies, buckets::bounds)],
        Section::Functions => &[
            (Round::Networks, functions::outside),
            (Round::Bounds, functions::bounds),
            (Round::Reserved, functions::reserved),
        ],
        Section::Services => &[
            (Round::Services, services::shape),
            (Round::Bounds, services::bounds),
        ],
        Section::Parameters => &[(Round::Reserved, parameters::reserved)],
        Section::Names => &[(Round::Names, names::shape), (Round::Copies, names::bounds)],
    }
}

/// What is looked at of several sections together.
const ACROSS: &[(Round, Objection)] = &[
    (Round::Networks, networks::shape),
    (Round::Certificates, certificates::shape),
    (Round::Presence, presence::shape),
    (Round::Alarms, alarms::bounds),
];

/// Everything that stands in the way.
pub(crate) fn refusals(system: &AwsSystem<'_>, options: &Options) -> Vec<Refusal> {
    let sections = KINDS
        .sections
        .iter()
        .flat_map(|&section| objections(section));
    let mut all: Vec<&(Round, Objection)> = ACROSS.iter().chain(sections).collect();
    all.sort_by_key(|(round, _)| *round);
    let mut refusals = Vec::new();
    regions::shape(system, options, &mut refusals);
    for (_, look) in all {
        look(system, &mut refusals);
    }
    refusals
}
