//! A folder with servers in it, in place of a machine with a guard.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Once;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid, setgid, setgroups, setuid};
use standfast_postgres::{AppWriteCheck, Postgres, Secrets, Settings, loopback_networks};
use standfast_replication::conformance::{Starter, TestedNode, node};
use standfast_replication::{
    Engine, ServerObservation, Shutdown, StartAs, StartCommand, Upstream, WriteCheck,
};
use standfast_units::Epoch;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// Bounds each wait for a state.
const STATE_WITHIN: Duration = Duration::from_secs(30);

/// `PostgreSQL` does not run as root: the whole test process becomes another user.
fn become_unprivileged() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if geteuid().is_root() {
            let nobody = User::from_name("nobody").unwrap().unwrap();
            setgroups(&[]).unwrap();
            setgid(nobody.gid).unwrap();
            setuid(nobody.uid).unwrap();
        }
    });
}

/// Where nodes live.
pub(crate) struct Machine {
    folder: TempDir,
    pub(crate) secrets: Secrets,
}

impl Machine {
    pub(crate) fn new() -> Self {
        become_unprivileged();
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::ensure(&folder.path().join("secrets")).unwrap();
        std::fs::write(folder.path().join("permit"), "").unwrap();
        Self { folder, secrets }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn permit(&self) -> PathBuf {
        self.path("permit")
    }

    /// The settings of a node with a free port.
    pub(crate) fn settings(&self, name: &str) -> Settings {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let home = self.path(name);
        Settings {
            node: node(name),
            bin: None,
            data: home.join("data"),
            config: home.join("config"),
            permit: self.permit(),
            socket_folder: home.join("run"),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: free.local_addr().unwrap().port(),
            networks: loopback_networks(),
            secrets: self.secrets.clone(),
            database: "payments".to_owned(),
            username: "app".to_owned(),
            parameters: [("shared_buffers", "16MB"), ("log_statement", "ddl")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        }
    }

    pub(crate) fn member(&self, name: &str) -> TestedNode<Postgres> {
        let settings = self.settings(name);
        TestedNode {
            at: Upstream {
                node: settings.node.clone(),
                address: SocketAddr::new(settings.address, settings.port),
            },
            engine: Postgres::new(settings).unwrap(),
        }
    }

    /// An address at which nothing listens.
    pub(crate) fn nowhere(&self) -> Upstream {
        let settings = self.settings("nowhere");
        Upstream {
            node: settings.node,
            address: SocketAddr::new(settings.address, settings.port),
        }
    }

    pub(crate) fn writes(&self) -> AppWriteCheck {
        AppWriteCheck::new("payments", "app", &self.secrets.app_file())
    }

    /// A primary with everything that clients need.
    pub(crate) async fn primary(&self, name: &str) -> (TestedNode<Postgres>, Server) {
        let member = self.member(name);
        member.engine.initialise().await.unwrap();
        let server = start(&member, &StartAs::Primary).await;
        wait_for_primary(&member).await;
        member.engine.provision().await.unwrap();
        (member, server)
    }

    /// A standby that streams.
    pub(crate) async fn standby(
        &self,
        name: &str,
        of: &TestedNode<Postgres>,
    ) -> (TestedNode<Postgres>, Server) {
        let member = self.member(name);
        keep_log_for_all(of).await;
        member.engine.clone_from(&of.at).await.unwrap();
        let server = start(
            &member,
            &StartAs::Standby {
                upstream: Some(of.at.clone()),
            },
        )
        .await;
        wait_for(&member, streams).await;
        (member, server)
    }

    pub(crate) async fn write(&self, to: &TestedNode<Postgres>, epoch: u64) {
        self.writes()
            .verify(to.at.address, Epoch::new(epoch))
            .await
            .unwrap();
    }

    /// A connection as one of our roles; `password` names its file.
    pub(crate) async fn connect(
        &self,
        to: &TestedNode<Postgres>,
        role: &str,
        database: &str,
    ) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let password =
            std::fs::read_to_string(self.path("secrets").join(format!("{role}.password")));
        let (client, connection) = tokio_postgres::Config::new()
            .host(to.at.address.ip().to_string())
            .port(to.at.address.port())
            .user(role)
            .password(password.unwrap().trim())
            .dbname(database)
            .connect(NoTls)
            .await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// A running server. Dropping it ends it at once.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    pub(crate) fn spawn(command: &StartCommand) -> Self {
        let config = command.arguments.last().unwrap().split_once('=').unwrap().1;
        let log = Path::new(config).with_file_name("server.log");
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let child = std::process::Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(out)
            .spawn()
            .unwrap();
        Self { child, log }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn signal(&mut self, signal: Signal) {
        if self.child.try_wait().unwrap().is_none() {
            let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
            kill(pid, signal).unwrap();
        }
    }

    /// The postmaster answers both signals by ending its children first.
    pub(crate) fn end(mut self, how: Shutdown) {
        self.signal(match how {
            Shutdown::Clean => Signal::SIGINT,
            Shutdown::Crashed | Shutdown::CrashedUnsettled => Signal::SIGQUIT,
        });
        self.child.wait().unwrap();
    }

    /// Stops the postmaster, which then forks no backend for a new connection.
    pub(crate) fn freeze(&mut self) {
        self.signal(Signal::SIGSTOP);
    }

    pub(crate) fn thaw(&mut self) {
        self.signal(Signal::SIGCONT);
    }

    /// Waits until the server ends by itself; whether it did so in order.
    pub(crate) fn wait(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::SIGQUIT);
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.log());
        }
    }
}

/// Servers as the suite of the contract starts them.
pub(crate) struct Direct;

impl Starter for Direct {
    type Server = Server;

    fn start(&self, command: &StartCommand) -> Server {
        Server::spawn(command)
    }

    async fn end(&self, server: Server, how: Shutdown) {
        tokio::task::spawn_blocking(move || server.end(how))
            .await
            .unwrap();
    }
}

/// Keeps the log for every node that tests use.
pub(crate) async fn keep_log_for_all(of: &TestedNode<Postgres>) {
    let all = ["main-east-1", "main-east-2", "main-west-1", "main-west-2"].map(node);
    of.engine.keep_log_for(&all).await.unwrap();
}

pub(crate) async fn start(member: &TestedNode<Postgres>, start_as: &StartAs) -> Server {
    Server::spawn(&member.engine.set_up(start_as).await.unwrap())
}

pub(crate) fn streams(seen: &ServerObservation) -> bool {
    matches!(
        seen,
        ServerObservation::Standby {
            streaming: true,
            ..
        }
    )
}

pub(crate) async fn wait_for_primary(member: &TestedNode<Postgres>) {
    wait_for(member, |seen| {
        matches!(seen, ServerObservation::Primary { .. })
    })
    .await;
}

/// Waits until an observation holds.
pub(crate) async fn wait_for(
    member: &TestedNode<Postgres>,
    holds: impl Fn(&ServerObservation) -> bool,
) {
    let mut last = None;
    let waiting = async {
        let mut ask = tokio::time::interval(Duration::from_millis(10));
        loop {
            ask.tick().await;
            let seen = member.engine.observe().await;
            if holds(&seen) {
                return;
            }
            last = Some(seen);
        }
    };
    let reached = tokio::time::timeout(STATE_WITHIN, waiting).await.is_ok();
    assert!(reached, "{}: last seen {last:?}", member.at.node);
}

/// Waits until `to` has replayed all that `from` has now.
pub(crate) async fn wait_until_equal(from: &TestedNode<Postgres>, to: &TestedNode<Postgres>) {
    let ServerObservation::Primary {
        position,
        timeline: on,
        ..
    } = from.engine.observe().await
    else {
        panic!("{} is not a primary", from.at.node);
    };
    wait_for(to, |seen| {
        matches!(seen, ServerObservation::Standby { timeline, replayed, .. }
            if *timeline == on && *replayed >= position)
    })
    .await;
}
