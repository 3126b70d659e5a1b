//! Everything of a blueprint that can be referred to.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::grammar::suggestion::{listed, nearest};
use crate::model::Blueprint;
use crate::source::Span;
use crate::text::name::Name;
use crate::text::reference::{Reference, Section};

/// Where the value under a path of keys stands.
pub(crate) type Locator<'a> = &'a dyn Fn(&[&str]) -> Span;

/// Everything that can be referred to.
pub(crate) struct Referents {
    things: BTreeSet<Reference>,
}

impl Referents {
    pub(crate) fn of(blueprint: &Blueprint) -> Self {
        let mut things = BTreeSet::new();
        let mut add = |section, names: Vec<&str>| {
            things.extend(names.into_iter().map(|name| Reference {
                section,
                name: name.to_owned(),
            }));
        };
        let databases = blueprint.databases.iter();
        add(
            Section::Databases,
            databases.map(|each| each.name.as_str()).collect(),
        );
        add(Section::Services, keys(&blueprint.services));
        add(Section::Functions, keys(&blueprint.functions));
        add(Section::Tables, keys(&blueprint.tables));
        add(Section::Buckets, keys(&blueprint.buckets));
        add(Section::Parameters, keys(&blueprint.parameters));
        add(Section::Names, keys(&blueprint.names.records));
        Self { things }
    }

    pub(crate) fn in_sections<'a>(
        &'a self,
        sections: &'a [Section],
    ) -> impl Iterator<Item = &'a Reference> {
        let things = self.things.iter();
        things.filter(|thing| sections.contains(&thing.section))
    }

    /// Reports a reference that leads nowhere.
    pub(crate) fn expect(
        &self,
        reference: &Reference,
        span: &dyn Fn() -> Span,
        reader: &mut Reader,
    ) -> bool {
        let there = self.things.contains(reference);
        if !there {
            reader.report(self.unknown(reference, span()));
        }
        there
    }

    fn unknown(&self, reference: &Reference, span: Span) -> Diagnostic {
        let section = [reference.section];
        let names: Vec<&str> = self
            .in_sections(&section)
            .map(|thing| thing.name.as_str())
            .collect();
        let problem = Diagnostic::error(
            Code::UnknownReference,
            span,
            format!("there is no `{reference}`"),
        );
        match nearest(&reference.name, &names) {
            Some(name) => problem.help(format!("did you mean `{}.{name}`?", reference.section)),
            None if names.is_empty() => {
                problem.note(format!("the section `{}` is empty", reference.section))
            }
            None => problem.note(format!(
                "the section `{}` has {}",
                reference.section,
                listed(&names)
            )),
        }
    }
}

pub(crate) fn keys<V>(map: &BTreeMap<Name, V>) -> Vec<&str> {
    map.keys().map(Name::as_str).collect()
}
