//! `CloudWatch`, as far as metrics are put there: requests of the protocol `rpc-v2-cbor`, which `moto` does not speak.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ciborium::Value;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Bytes;

use crate::http_server::{response, serve};

/// Where metrics are put.
const PATH: &str = "/service/GraniteServiceVersion20100801/operation/PutMetricData";

/// A value as it was published: the metric, its dimensions, the value.
pub type Published = (String, BTreeMap<String, String>, f64);

#[derive(Default)]
struct Seen {
    published: Vec<Published>,
    refuse: bool,
}

/// Keeps what is published.
#[derive(Clone)]
pub struct CloudWatch {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl CloudWatch {
    /// Starts it on a free port, with nothing in it.
    pub async fn start() -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let kept = Arc::clone(&seen);
        let address = serve(move |request| {
            let answer = put(&mut kept.lock().unwrap(), &request);
            std::future::ready(answer)
        })
        .await;
        Self { address, seen }
    }

    /// What a function is told so that it publishes here.
    pub fn variable(&self) -> (&'static str, String) {
        let url = format!("http://{}", self.address);
        ("AWS_ENDPOINT_URL_CLOUDWATCH", url)
    }

    /// Refuses the next request.
    pub fn refuse_once(&self) {
        self.seen.lock().unwrap().refuse = true;
    }

    /// What was published since last asked, in order.
    pub fn published(&self) -> Vec<Published> {
        std::mem::take(&mut self.seen.lock().unwrap().published)
    }
}

fn put(seen: &mut Seen, request: &Request<Bytes>) -> Response<Full<Bytes>> {
    let headers = request.headers();
    assert_eq!(request.uri().path(), PATH);
    assert_eq!(headers["smithy-protocol"], "rpc-v2-cbor");
    let signature = headers["authorization"].to_str().unwrap();
    assert!(
        signature.contains("/eu-west-1/monitoring/aws4_request"),
        "{signature}"
    );
    if std::mem::take(&mut seen.refuse) {
        return in_cbor(response(400, [0xa0].as_slice()));
    }
    let body: Value = ciborium::from_reader(request.body().as_ref()).unwrap();
    assert_eq!(text(&body, "Namespace"), "DR/HealthCheck");
    for datum in list(&body, "MetricData") {
        let dimensions = list(datum, "Dimensions")
            .iter()
            .map(|dimension| (text(dimension, "Name"), text(dimension, "Value")));
        let value = field(datum, "Value").as_float().unwrap();
        let metric = text(datum, "MetricName");
        seen.published.push((metric, dimensions.collect(), value));
    }
    in_cbor(response(200, [0xa0].as_slice()))
}

fn in_cbor(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let headers = response.headers_mut();
    headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    headers.insert("content-type", HeaderValue::from_static("application/cbor"));
    response
}

fn field<'a>(map: &'a Value, name: &str) -> &'a Value {
    let entries = map.as_map().unwrap();
    let found = entries.iter().find(|(key, _)| key.as_text() == Some(name));
    &found
        .unwrap_or_else(|| panic!("{name} is missing: {map:?}"))
        .1
}

fn text(map: &Value, name: &str) -> String {
    field(map, name).as_text().unwrap().to_owned()
}

fn list<'a>(map: &'a Value, name: &str) -> &'a [Value] {
    field(map, name).as_array().unwrap()
}

/// A value with these dimensions.
pub fn datum(metric: &str, dimensions: &[(&str, &str)], value: f64) -> Published {
    let dimensions = dimensions
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (metric.to_owned(), dimensions.collect(), value)
}
