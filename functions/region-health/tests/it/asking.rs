//! What the other regions answer is what is published.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use standfast_functions_testing::certificates::Certificates;
use standfast_functions_testing::cloudwatch::{CloudWatch, datum};
use standfast_functions_testing::http_server::{response, serve};
use standfast_functions_testing::lambda::Function;
use standfast_functions_testing::waiting::{free_port, wait_until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const EVENT: &str = include_str!("../events/scheduler.json");

const WITHIN: Duration = Duration::from_secs(30);

const PROGRAM: &str = env!("CARGO_BIN_EXE_region-health");

/// A region that says it serves, over TLS.
async fn over_tls(certificates: &Certificates) -> u16 {
    let chain = CertificateDer::from_pem_slice(certificates.server.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not believe us goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

/// A region that answers over HTTP, each path in its own way.
async fn in_clear() -> SocketAddr {
    serve(async |request| match request.uri().path() {
        "/good" => response(200, "{}"),
        "/created" => response(201, ""),
        "/failing" => response(503, "{}"),
        // To a place that would say 200.
        _ => {
            let mut moved = response(302, "");
            let there = http::HeaderValue::from_static("/good");
            moved.headers_mut().insert("location", there);
            moved
        }
    })
    .await
}

/// The function, with regions to ask and an authority to believe.
async fn function(
    cloudwatch: &CloudWatch,
    endpoints: &BTreeMap<&str, &str>,
    authority: &Path,
    system: &str,
) -> Function {
    let variables = BTreeMap::from([
        cloudwatch.variable(),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("ENDPOINTS", json!(endpoints).to_string()),
        ("SYSTEM", system.to_owned()),
        ("SSL_CERT_FILE", authority.to_str().unwrap().to_owned()),
    ]);
    Function::start(PROGRAM, &variables).await
}

#[tokio::test]
async fn each_region_is_published_as_it_answers() {
    let cloudwatch = CloudWatch::start().await;
    let region = in_clear().await;
    // Connections are taken by the kernel, and no server ever looks at them.
    let unattended = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = unattended.local_addr().unwrap();
    let certificates = Certificates::of("127.0.0.1");
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.crt");
    std::fs::write(&authority, &certificates.authority).unwrap();
    let trusted = over_tls(&certificates).await;
    let unknown = over_tls(&Certificates::of("127.0.0.1")).await;
    let unused = free_port();
    let expected = [
        ("ap-east-1", format!("http://{region}/good"), true),
        ("ap-east-2", format!("http://{region}/created"), true),
        ("ca-west-1", format!("http://{region}/failing"), false),
        ("eu-north-1", format!("http://{region}/moved"), false),
        ("sa-east-1", format!("http://127.0.0.1:{unused}/"), false),
        ("sa-east-2", format!("http://{silent}/"), false),
        ("us-east-1", format!("https://127.0.0.1:{trusted}/"), true),
        ("us-east-2", format!("https://127.0.0.1:{unknown}/"), false),
        ("us-west-1", format!("https://localhost:{trusted}/"), false),
        ("us-west-2", "https://no-region.invalid/".to_owned(), false),
    ];
    let urls = expected.iter();
    let urls = urls.map(|(region, url, _)| (*region, url.as_str()));
    // Its own region is left out.
    let endpoints = urls.chain([("eu-west-1", "https://localhost/")]).collect();
    let mut function = function(&cloudwatch, &endpoints, &authority, "main").await;
    let answer = function.invoke(EVENT, WITHIN).await.unwrap();
    let healthy = expected.iter();
    let healthy: BTreeMap<_, _> = healthy
        .map(|(region, _, healthy)| (*region, *healthy))
        .collect();
    assert_eq!(answer, json!({ "healthy": healthy }), "{}", function.log());
    let values = healthy.iter().flat_map(|(region, healthy)| {
        let value = if *healthy { 1.0 } else { 0.0 };
        let (region, system) = (("Region", *region), ("System", "main"));
        [&[region][..], &[system, region][..]]
            .map(|dimensions| datum("RegionHealth", dimensions, value))
    });
    assert_eq!(cloudwatch.published(), values.collect::<Vec<_>>());

    cloudwatch.refuse_once();
    let error = function.invoke(EVENT, WITHIN).await.unwrap_err();
    let message = error["errorMessage"].as_str().unwrap();
    let expected = "cannot publish metrics in DR/HealthCheck";
    assert!(message.contains(expected), "{message}");
}

#[tokio::test]
async fn without_a_system_there_is_one_dimension() {
    let cloudwatch = CloudWatch::start().await;
    let url = format!("http://{}/good", in_clear().await);
    let endpoints = BTreeMap::from([("us-east-1", url.as_str())]);
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authority.path(), Certificates::of("127.0.0.1").authority).unwrap();
    let mut function = function(&cloudwatch, &endpoints, authority.path(), "").await;
    let answer = function.invoke(EVENT, WITHIN).await;
    assert_eq!(answer, Ok(json!({ "healthy": { "us-east-1": true } })));
    let alone = datum("RegionHealth", &[("Region", "us-east-1")], 1.0);
    assert_eq!(cloudwatch.published(), [alone]);
}

#[tokio::test]
async fn a_system_of_one_region_publishes_nothing_and_says_so_once() {
    let cloudwatch = CloudWatch::start().await;
    for endpoints in [
        BTreeMap::new(),
        BTreeMap::from([("eu-west-1", "https://localhost/")]),
    ] {
        let authority = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(authority.path(), Certificates::of("127.0.0.1").authority).unwrap();
        let mut function = function(&cloudwatch, &endpoints, authority.path(), "main").await;
        for _ in 0..2 {
            let answer = function.invoke(EVENT, WITHIN).await;
            assert_eq!(answer, Ok(json!({ "healthy": {} })));
        }
        assert_eq!(cloudwatch.published(), []);
        let log = function.log();
        assert_eq!(log.matches("nothing is published").count(), 1, "{log}");
    }
}

#[tokio::test]
async fn endpoints_that_make_no_sense_stop_the_function_with_a_word() {
    let variables = BTreeMap::from([
        ("AWS_REGION", "eu-west-1".to_owned()),
        (
            "ENDPOINTS",
            r#"{"us-east-1":"http://example.com/"}"#.to_owned(),
        ),
    ]);
    let function = Function::start(PROGRAM, &variables).await;
    wait_until("it complains", async || {
        function
            .log()
            .contains("ENDPOINTS is not valid: the URL of us-east-1 is not one of HTTPS")
    })
    .await;
}
