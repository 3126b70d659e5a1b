//! An emulator of AWS on this machine: `moto_server`, one for each test.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running emulator; it ends with the test.
pub(crate) struct Emulator {
    child: Child,
    address: String,
}

/// The longest to wait for it. It imports a few hundred modules of Python first.
const READY_WITHIN: Duration = Duration::from_mins(2);

impl Emulator {
    /// Starts one on a free port, and waits until it answers.
    pub(crate) fn start(program: &Path) -> Self {
        // Another process may take the port in between; the emulator then ends, and so does the wait.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut emulator = Self {
            child,
            address: format!("http://127.0.0.1:{port}"),
        };
        emulator.wait();
        emulator
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a deadline for a state, which is waited for by asking"
    )]
    fn wait(&mut self) {
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the emulator ended: {ended:?}");
            if ureq::get(format!("{}/moto-api/", self.address))
                .call()
                .is_ok()
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the emulator does not answer");
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Calls a service that takes JSON; the signature only names region and service.
    pub(crate) fn call(&self, service: &str, region: &str, target: &str, body: &str) -> String {
        let scope = format!("20260101/{region}/{service}/aws4_request");
        let credentials = format!(
            "AWS4-HMAC-SHA256 Credential=123456789012/{scope}, SignedHeaders=host, Signature=0"
        );
        ureq::post(&self.address)
            .header("authorization", &credentials)
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1")
            .send(body)
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap()
    }

    /// Calls a service that takes a form.
    pub(crate) fn query(&self, service: &str, region: &str, form: &str) -> String {
        let scope = format!("20260101/{region}/{service}/aws4_request");
        let credentials = format!(
            "AWS4-HMAC-SHA256 Credential=123456789012/{scope}, SignedHeaders=host, Signature=0"
        );
        ureq::post(&self.address)
            .header("authorization", &credentials)
            .header("host", &format!("{service}.{region}.amazonaws.com"))
            .header("content-type", "application/x-www-form-urlencoded")
            .send(form)
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
