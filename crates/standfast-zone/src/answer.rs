//! Which answer a question gets.

use crate::defaults::{ALIASES_MAX, NEGATIVE_TTL};
use crate::name::DnsName;
use crate::record::{Record, RecordData, RecordType};
use crate::zone::DnsZone;

/// What a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// There are records.
    Found {
        /// At least one; aliases first, in the order they were followed.
        records: Vec<Record>,
        /// Addresses of the hosts that `records` name.
        additional: Vec<Record>,
    },
    /// The name exists and has no record of the type (NODATA, RFC 2308 §2.2).
    NoData {
        /// The aliases that led to the name.
        aliases: Vec<Record>,
        /// For the authority section.
        soa: Record,
    },
    /// The name does not exist (NXDOMAIN, RFC 2308 §2.1).
    NoName {
        /// The aliases that led to the name.
        aliases: Vec<Record>,
        /// For the authority section.
        soa: Record,
    },
    /// The name does not lie within the zone.
    Outside,
}

impl DnsZone {
    /// What a question for the records of this type at this name is answered. Total.
    pub fn answer(&self, name: &DnsName, asked: RecordType) -> Answer {
        if !name.is_within(self.origin()) {
            return Answer::Outside;
        }
        let mut found: Vec<Record> = Vec::new();
        let mut name = name;
        // The bound is never reached by what can be published, but a table must end by itself.
        for _ in 0..=ALIASES_MAX {
            let Some(records) = self.records(name) else {
                let soa = self.soa(NEGATIVE_TTL);
                let aliases = found;
                // RFC 8020: a name exists when something lies beneath it.
                return if self.is_ancestor(name) {
                    Answer::NoData { aliases, soa }
                } else {
                    Answer::NoName { aliases, soa }
                };
            };
            if let [
                alias @ Record {
                    data: RecordData::Cname(target),
                    ..
                },
            ] = records
            {
                found.push(alias.clone());
                let is_the_answer = matches!(asked, RecordType::Cname | RecordType::Any);
                if is_the_answer || !target.is_within(self.origin()) {
                    return self.found(found);
                }
                name = target;
                continue;
            }
            let matching = of_type(records, asked);
            if matching.is_empty() {
                return Answer::NoData {
                    aliases: found,
                    soa: self.soa(NEGATIVE_TTL),
                };
            }
            found.extend(matching);
            return self.found(found);
        }
        self.found(found)
    }

    fn found(&self, records: Vec<Record>) -> Answer {
        let hosts = records.iter().filter_map(|record| match &record.data {
            RecordData::Ns(host) => Some(host),
            RecordData::Srv(srv) => Some(&srv.target),
            RecordData::A(_)
            | RecordData::Aaaa(_)
            | RecordData::Cname(_)
            | RecordData::Soa(_)
            | RecordData::Txt(_) => None,
        });
        let mut additional: Vec<Record> = Vec::new();
        for record in hosts.filter_map(|host| self.records(host)).flatten() {
            let is_address = matches!(record.data, RecordData::A(_) | RecordData::Aaaa(_));
            if is_address && !additional.contains(record) {
                additional.push(record.clone());
            }
        }
        Answer::Found {
            records,
            additional,
        }
    }
}

/// The records of the type; for `ANY` the first set only (RFC 8482 §4.1).
fn of_type(records: &[Record], asked: RecordType) -> Vec<Record> {
    let wanted = match (asked, records.first()) {
        (RecordType::Any, Some(first)) => first.data.record_type(),
        (asked, _) => asked,
    };
    records
        .iter()
        .filter(|record| record.data.record_type() == wanted)
        .cloned()
        .collect()
}
