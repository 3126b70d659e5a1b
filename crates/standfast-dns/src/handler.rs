//! From a question to what is sent back.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use hickory_proto::op::{Edns, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, Record, RecordType};
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::{MessageRequest, MessageResponseBuilder};
use standfast_zone::{DnsZone, Published, Refused};

use crate::defaults::{UDP_PAYLOAD_BYTES_MAX, UDP_PAYLOAD_BYTES_PLAIN};
use crate::table::{AnswerTable, Response};

/// Octets of a message's header (RFC 1035 §4.1.1).
const HEADER_OCTETS: usize = 12;

/// Octets of our OPT record, which carries no options (RFC 6891 §6.1.2).
const OPT_OCTETS: usize = 11;

/// The zone that is served, shared between the server and the controller that publishes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServedZone(Arc<RwLock<Option<Arc<AnswerTable>>>>);

impl ServedZone {
    /// Serves this zone from the next question on, unless it goes back (P13).
    pub(crate) fn replace(&self, zone: Arc<DnsZone>) -> Result<Published, Refused> {
        // Worked out before the lock is taken: questions go on being answered meanwhile.
        let table = Arc::new(AnswerTable::new(zone));
        let mut serving = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(former) = &*serving {
            table.zone().check_follows(former.zone())?;
            if table.zone() == former.zone() {
                return Ok(Published::Unchanged);
            }
        }
        *serving = Some(table);
        Ok(Published::Changed)
    }

    fn table(&self) -> Option<Arc<AnswerTable>> {
        // A poisoned lock holds a whole table all the same: it is replaced in one assignment.
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Answers what `hickory-server` has read.
pub(crate) struct Handler {
    pub(crate) serving: ServedZone,
}

#[async_trait::async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        response_handle: R,
    ) -> ResponseInfo {
        let table = self.serving.table();
        match verdict(table.as_deref(), request) {
            Handling::Answer(response) => {
                send(request, Some(&response), response.code, response_handle).await
            }
            Handling::Error(code) => send(request, None, code, response_handle).await,
        }
    }
}

/// What becomes of a request.
enum Handling<'t> {
    Answer(Cow<'t, Response>),
    Error(ResponseCode),
}

fn verdict<'t>(table: Option<&'t AnswerTable>, request: &MessageRequest) -> Handling<'t> {
    if request.metadata.op_code != OpCode::Query {
        return Handling::Error(ResponseCode::NotImp);
    }
    if request.version() > 0 {
        return Handling::Error(ResponseCode::BADVERS);
    }
    // RFC 9619: a query has one question.
    let [query] = request.queries.queries() else {
        return Handling::Error(ResponseCode::FormErr);
    };
    let is_transfer = matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR);
    if query.query_class() != DNSClass::IN || is_transfer {
        return Handling::Error(ResponseCode::Refused);
    }
    let Some(table) = table else {
        // Not REFUSED: resolvers remember for minutes that a server refused a zone, and this one will
        // have it in a moment.
        return Handling::Error(ResponseCode::ServFail);
    };
    let response = table.response(query.name(), query.query_type());
    if response.code == ResponseCode::Refused {
        return Handling::Error(ResponseCode::Refused);
    }
    Handling::Answer(response)
}

/// How much of a response goes into one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Every section.
    Whole,
    /// Everything but the additional section, which no resolver depends on (RFC 2181 §9).
    Needed,
    /// Nothing but "ask again over TCP". A resolver that sees that mark ignores the rest (RFC 2181 §9).
    Truncated,
}

fn extent(response: &Response, others: usize, limit: u16) -> Extent {
    let fits = |octets: usize| octets.saturating_add(others) <= usize::from(limit);
    if fits(response.octets_with_additional) {
        Extent::Whole
    } else if fits(response.octets) {
        Extent::Needed
    } else {
        Extent::Truncated
    }
}

/// The largest message the other side can take.
fn limit(request: &Request) -> u16 {
    match (request.protocol(), &request.edns) {
        (Protocol::Udp, None) => UDP_PAYLOAD_BYTES_PLAIN,
        (Protocol::Udp, Some(edns)) => edns
            .max_payload()
            .clamp(UDP_PAYLOAD_BYTES_PLAIN, UDP_PAYLOAD_BYTES_MAX),
        (_, _) => u16::MAX,
    }
}

/// Our OPT record, when the request has one (RFC 6891 §6.1.1).
fn edns_of(request: &Request, limit: u16) -> Option<Edns> {
    let asked = request.edns.as_ref()?;
    let mut edns = Edns::new();
    // Properly this is the size we can receive; `hickory-server` takes it for the limit of what it
    // sends over UDP, and no resolver sends us questions that long.
    edns.set_max_payload(limit.min(UDP_PAYLOAD_BYTES_MAX));
    // RFC 3225 §3: copied, though nothing here is signed.
    edns.set_dnssec_ok(asked.flags().dnssec_ok);
    Some(edns)
}

async fn send<R: ResponseHandler>(
    request: &Request,
    response: Option<&Response>,
    code: ResponseCode,
    mut response_handle: R,
) -> ResponseInfo {
    let limit = limit(request);
    let edns = edns_of(request, limit);
    let mut metadata = Metadata::response_from_request(&request.metadata);
    metadata.response_code = code;
    let mut sections: [&[Record]; 3] = [&[], &[], &[]];
    if let Some(response) = response {
        metadata.authoritative = true;
        let opt = edns.as_ref().map_or(0, |_| OPT_OCTETS);
        let others = HEADER_OCTETS + request.queries.as_bytes().len() + opt;
        match extent(response, others, limit) {
            Extent::Whole => {
                sections = [&response.answers, &response.authority, &response.additional];
            }
            Extent::Needed => sections = [&response.answers, &response.authority, &[]],
            Extent::Truncated => metadata.truncation = true,
        }
    }
    let mut message = MessageResponseBuilder::from_message_request(request);
    if let Some(edns) = &edns {
        message.edns(edns);
    }
    let [answers, authority, additional] = sections;
    let message = message.build(metadata, answers, authority, [], additional);
    match response_handle.send_response(message).await {
        Ok(info) => info,
        // The other side has gone, or does not read: it asks again, or it does not need to.
        Err(_) => ResponseInfo::from(hickory_proto::op::Header {
            metadata,
            counts: hickory_proto::op::HeaderCounts::default(),
        }),
    }
}
