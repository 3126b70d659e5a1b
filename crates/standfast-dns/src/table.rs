//! A zone as the wire needs it: the answer to every question for a name that exists, worked out
//! when the zone is published.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA, SRV, TXT};
use hickory_proto::rr::{self, LowerName, RData};
use standfast_zone::{Answer, DnsName, DnsZone, Record, RecordData, RecordType, defaults};

/// An answer in the types of the wire, and how long it gets.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) code: ResponseCode,
    pub(crate) answers: Vec<rr::Record>,
    pub(crate) authority: Vec<rr::Record>,
    pub(crate) additional: Vec<rr::Record>,
    /// Most octets of answers and authority.
    pub(crate) octets: usize,
    /// Most octets of all three sections.
    pub(crate) octets_with_additional: usize,
}

/// The answers of one zone.
#[derive(Debug)]
pub(crate) struct AnswerTable {
    zone: Arc<DnsZone>,
    responses: HashMap<LowerName, BTreeMap<RecordType, Response>>,
}

impl AnswerTable {
    pub(crate) fn new(zone: Arc<DnsZone>) -> Self {
        let of_name = |name: &DnsName| {
            RecordType::ALL
                .map(|asked| (asked, Response::new(&zone.answer(name, asked))))
                .into()
        };
        let responses = zone
            .names()
            .map(|name| (LowerName::from(name_on_wire(name)), of_name(name)))
            .collect();
        Self { zone, responses }
    }

    pub(crate) const fn zone(&self) -> &Arc<DnsZone> {
        &self.zone
    }

    /// The answer to a question. Only one for a name without records of its own is worked out anew.
    pub(crate) fn response(&self, name: &LowerName, asked: rr::RecordType) -> Cow<'_, Response> {
        let asked = asked_type(asked);
        let tabulated = self
            .responses
            .get(name)
            .and_then(|responses| responses.get(&asked));
        if let Some(response) = tabulated {
            return Cow::Borrowed(response);
        }
        let labels: &rr::Name = name;
        let answer = match DnsName::from_labels(labels.iter()) {
            Ok(name) => self.zone.answer(&name, asked),
            // The wire and the zone have the same limits; a name beyond them is in no zone.
            Err(_) => Answer::Outside,
        };
        Cow::Owned(Response::new(&answer))
    }
}

impl Response {
    fn new(answer: &Answer) -> Self {
        let (code, answers, authority, additional) = match answer {
            Answer::Found {
                records,
                additional,
            } => (
                ResponseCode::NoError,
                records.as_slice(),
                None,
                additional.as_slice(),
            ),
            Answer::NoData { aliases, soa } => (
                ResponseCode::NoError,
                aliases.as_slice(),
                Some(soa),
                &[][..],
            ),
            Answer::NoName { aliases, soa } => (
                ResponseCode::NXDomain,
                aliases.as_slice(),
                Some(soa),
                &[][..],
            ),
            Answer::Outside => (ResponseCode::Refused, &[][..], None, &[][..]),
        };
        let mut response = Self {
            code,
            answers: answers.iter().map(on_wire).collect(),
            authority: authority.into_iter().map(on_wire).collect(),
            additional: Vec::new(),
            octets: 0,
            octets_with_additional: 0,
        };
        response.octets = response.measure();
        response.additional = additional.iter().map(on_wire).collect();
        response.octets_with_additional = response.measure();
        response
    }

    /// How long the sections get. A bound: in the message the question comes first, and names can
    /// refer to it when it is written in the same case, which only makes them shorter.
    fn measure(&self) -> usize {
        /// Octets of a message's header (RFC 1035 §4.1.1).
        const HEADER: usize = 12;
        let mut message = Message::new(0, MessageType::Response, OpCode::Query);
        message.answers.clone_from(&self.answers);
        message.authorities.clone_from(&self.authority);
        message.additionals.clone_from(&self.additional);
        // What cannot be written at all is longer than every limit.
        message
            .to_vec()
            .map_or(usize::MAX, |octets| octets.len().saturating_sub(HEADER))
    }
}

/// What a question asks for, in the zone's terms. Transfers are refused before this.
const fn asked_type(asked: rr::RecordType) -> RecordType {
    match asked {
        rr::RecordType::A => RecordType::A,
        rr::RecordType::AAAA => RecordType::Aaaa,
        rr::RecordType::CNAME => RecordType::Cname,
        rr::RecordType::NS => RecordType::Ns,
        rr::RecordType::SOA => RecordType::Soa,
        rr::RecordType::SRV => RecordType::Srv,
        rr::RecordType::TXT => RecordType::Txt,
        rr::RecordType::ANY => RecordType::Any,
        _ => RecordType::Other,
    }
}

fn on_wire(record: &Record) -> rr::Record {
    let data = match &record.data {
        RecordData::A(address) => RData::A(A(*address)),
        RecordData::Aaaa(address) => RData::AAAA(AAAA(*address)),
        RecordData::Cname(target) => RData::CNAME(CNAME(name_on_wire(target))),
        RecordData::Ns(host) => RData::NS(NS(name_on_wire(host))),
        RecordData::Soa(soa) => RData::SOA(SOA::new(
            name_on_wire(&soa.name_server),
            name_on_wire(&soa.mailbox),
            soa.serial,
            defaults::SOA_REFRESH_S.cast_signed(),
            defaults::SOA_RETRY_S.cast_signed(),
            defaults::SOA_EXPIRE_S.cast_signed(),
            soa.minimum.as_secs(),
        )),
        RecordData::Srv(srv) => {
            // All servers are equal; a client that cannot reach one tries the next.
            const PRIORITY: u16 = 0;
            let target = name_on_wire(&srv.target);
            RData::SRV(SRV::new(PRIORITY, srv.weight, srv.port, target))
        }
        RecordData::Txt(text) => RData::TXT(TXT::new(vec![text.clone()])),
    };
    rr::Record::from_rdata(name_on_wire(&record.name), record.ttl.as_secs(), data)
}

fn name_on_wire(name: &DnsName) -> rr::Name {
    #[expect(
        clippy::expect_used,
        reason = "a zone's names keep to the limits of RFC 1035 §2.3.4"
    )]
    rr::Name::from_labels(name.labels()).expect("a name within the limits of the wire")
}
