//! Lambda, as far as a function sees it: its program is started with a Runtime API that hands it events.
//!
//! Follows the Runtime API of the developer guide ("Using the Lambda runtime API"), version 2018-06-01.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use crate::http_server::{response, serve};

/// Bounds the wait for an answer, above the time that the function is told it has.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// What a function made of an event: its response, or its error.
pub type Answer = Result<Value, Value>;

/// A function that runs. Dropping it ends it.
pub struct Function {
    child: Child,
    events: mpsc::Sender<(String, Duration)>,
    answers: mpsc::Receiver<Answer>,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

struct Api {
    events: Mutex<mpsc::Receiver<(String, Duration)>>,
    answers: mpsc::Sender<Answer>,
}

impl Api {
    async fn answer(self: Arc<Self>, request: Request<Bytes>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        if path == "/2018-06-01/runtime/invocation/next" {
            return self.next().await;
        }
        let body = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let answer = if path.ends_with("/response") {
            Ok(body)
        } else if path.ends_with("/error") {
            Err(body)
        } else {
            return response(404, "");
        };
        // The test has ended when it no longer waits for this.
        let _ = self.answers.send(answer).await;
        response(202, r#"{"status":"OK"}"#)
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some((event, within)) = self.events.lock().await.recv().await else {
            return response(410, "");
        };
        let mut response = response(200, event);
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:tested";
        let headers = [
            (
                "lambda-runtime-aws-request-id",
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
            ),
            ("lambda-runtime-deadline-ms", in_ms(within)),
            ("lambda-runtime-invoked-function-arn", arn.to_owned()),
            (
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned(),
            ),
            ("content-type", "application/json".to_owned()),
        ];
        for (name, value) in headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "Lambda tells deadlines as instants"
)]
fn in_ms(within: Duration) -> String {
    let deadline_at = SystemTime::now() + within;
    let since = deadline_at.duration_since(UNIX_EPOCH).unwrap();
    since.as_millis().to_string()
}

impl Function {
    /// Starts the program with these variables and no others but Lambda's own.
    pub async fn start(program: &str, variables: &BTreeMap<&str, String>) -> Self {
        let (events, received) = mpsc::channel(1);
        let (sent, answers) = mpsc::channel(1);
        let api = Arc::new(Api {
            events: Mutex::new(received),
            answers: sent,
        });
        let address = serve(move |request| Arc::clone(&api).answer(request)).await;
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let child = Command::new(program)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "tested")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            events,
            answers,
            log,
            _folder: folder,
        }
    }

    /// Hands it an event, and waits for what it makes of it within the time it is told.
    ///
    /// # Errors
    ///
    /// When the function answered with an error; that error.
    pub async fn invoke(&mut self, event: &str, within: Duration) -> Answer {
        self.events.send((event.to_owned(), within)).await.unwrap();
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.answers.recv()).await;
        answer.expect("no answer").unwrap()
    }

    /// What it said on stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of the function\n{}", self.log());
        }
    }
}
