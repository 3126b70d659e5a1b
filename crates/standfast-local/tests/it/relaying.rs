//! The relay between two regions of the test's own network.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use standfast_local::ports::OctetClaim;
use standfast_local::relay::{self, Command, Destination, Error, Passage, Route, control};
use standfast_units::Region;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{now, system, until};

/// A relay to two regions, an echo server in each.
struct Network {
    near: Region,
    far: Region,
    /// Bytes the server of `far` has received.
    received: Arc<AtomicUsize>,
    socket: PathBuf,
    octet: OctetClaim,
    relay: JoinHandle<Result<(), Error>>,
    _folder: TempDir,
}

const PORT: u16 = 5440;

impl Network {
    async fn new() -> Self {
        // The name holds the process id, so tests that run at once get networks of their own.
        let octet = OctetClaim::take(&system(), None).unwrap();
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("control.sock");
        let near = Region::new("near").unwrap();
        let far = Region::new("far").unwrap();
        let received = Arc::new(AtomicUsize::new(0));
        let mut network = Self {
            near,
            far,
            received,
            socket,
            octet,
            relay: tokio::spawn(async { Ok(()) }),
            _folder: folder,
        };
        network.echo(2, Arc::default()).await;
        network.echo(3, Arc::clone(&network.received)).await;
        let routes = vec![
            network.route(&network.near, 2),
            network.route(&network.far, 3),
            Route {
                to: Destination::Store,
                listen: network.at(31),
                // No process listens there.
                target: network.at(240),
            },
        ];
        let path = network.socket.clone();
        network.relay =
            tokio::spawn(async move { relay::serve(routes, &path, std::future::pending()).await });
        let (ear, socket) = (network.at(31), network.socket.clone());
        until("the relay listens", || {
            (std::net::TcpStream::connect(ear).is_ok() && socket.exists()).then_some(())
        })
        .await;
        network
    }

    fn at(&self, third: u8) -> SocketAddr {
        let ip = Ipv4Addr::new(127, self.octet.octet(), third, 1);
        SocketAddr::new(IpAddr::V4(ip), PORT)
    }

    fn route(&self, to: &Region, number: u8) -> Route {
        Route {
            to: Destination::Region(to.clone()),
            listen: self.at(16 + number),
            target: self.at(number),
        }
    }

    async fn echo(&self, number: u8, received: Arc<AtomicUsize>) {
        let listener = TcpListener::bind(self.at(number)).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let received = Arc::clone(&received);
                tokio::spawn(async move {
                    let mut buffer = vec![0; 4096];
                    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                        received.fetch_add(length, Ordering::Relaxed);
                        if stream.write_all(&buffer[..length]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
    }

    async fn connect(&self, number: u8) -> TcpStream {
        TcpStream::connect(self.at(16 + number)).await.unwrap()
    }

    async fn tell(&self, command: &str) {
        let command: Command = command.parse().unwrap();
        assert_eq!(control(&self.socket, &command).await.unwrap(), []);
    }

    /// Lets everything that is under way arrive: a hundred round trips by the other way.
    async fn settle(&self) {
        let mut stream = self.connect(2).await;
        for _ in 0..100 {
            ping(&mut stream, "tick").await;
        }
    }
}

async fn ping(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
    expect(stream, text).await;
}

async fn expect(stream: &mut TcpStream, text: &str) {
    let mut answer = vec![0; text.len()];
    let read = stream.read_exact(&mut answer);
    tokio::time::timeout(Duration::from_secs(30), read)
        .await
        .expect("an answer in time")
        .unwrap();
    assert_eq!(answer, text.as_bytes());
}

#[tokio::test]
async fn bytes_pass_both_ways_and_the_end_of_one_way_leaves_the_other() {
    let network = Network::new().await;
    let mut stream = network.connect(3).await;
    ping(&mut stream, "hello").await;
    stream.write_all(b"last").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "last");
}

#[tokio::test]
async fn much_passes_unchanged_through_a_delay() {
    let network = Network::new().await;
    network.tell("delay far 1").await;
    let sent: Vec<u8> = (0u32..4 << 20)
        .map(|number| u8::try_from(number.wrapping_mul(2_654_435_761) >> 24).unwrap())
        .collect();
    let (mut read, mut write) = network.connect(3).await.into_split();
    let writing = async {
        write.write_all(&sent).await.unwrap();
        write.shutdown().await.unwrap();
    };
    let mut back = Vec::new();
    let ((), length) = tokio::join!(writing, read.read_to_end(&mut back));
    assert_eq!(length.unwrap(), sent.len());
    assert!(back == sent, "bytes were changed");
}

#[tokio::test]
async fn a_delay_applies_to_each_direction() {
    let network = Network::new().await;
    let mut stream = network.connect(3).await;
    ping(&mut stream, "before").await;
    network.tell("delay far 40").await;
    let sent_at = now();
    ping(&mut stream, "after").await;
    assert!(now().since(sent_at) >= Duration::from_millis(80));
    network.tell("delay all 0").await;
    let statuses = control(&network.socket, &Command::Status).await.unwrap();
    assert!(statuses.iter().all(|status| status.delay.is_zero()));
}

#[tokio::test]
async fn a_cut_stalls_connections_and_nothing_is_lost_when_it_ends() {
    let network = Network::new().await;
    let mut open = network.connect(3).await;
    ping(&mut open, "before").await;
    let before = network.received.load(Ordering::Relaxed);

    network.tell("cut far").await;
    open.write_all(b"during").await.unwrap();
    let mut new = network.connect(3).await;
    new.write_all(b"newcomer").await.unwrap();
    network.settle().await;
    assert_eq!(network.received.load(Ordering::Relaxed), before);
    let statuses = control(&network.socket, &Command::Status).await.unwrap();
    let far = Destination::Region(network.far.clone());
    let status = statuses.iter().find(|status| status.to == far).unwrap();
    assert_eq!(status.passage, Passage::Cut);
    assert_eq!(status.connections, 1, "the newcomer is not accepted");

    network.tell("restore far").await;
    expect(&mut open, "during").await;
    expect(&mut new, "newcomer").await;
}

#[tokio::test]
async fn what_was_delayed_before_a_cut_waits_for_its_end() {
    let network = Network::new().await;
    let mut stream = network.connect(3).await;
    ping(&mut stream, "x").await;
    let before = network.received.load(Ordering::Relaxed);
    // Long enough that the cut comes first, short enough to be over while the other way is used.
    network.tell("delay far 20").await;
    stream.write_all(b"late").await.unwrap();
    network.tell("cut far").await;
    let cut_at = now();
    while now().since(cut_at) < Duration::from_millis(40) {
        network.settle().await;
    }
    assert_eq!(network.received.load(Ordering::Relaxed), before);
    network.tell("restore all").await;
    expect(&mut stream, "late").await;
}

#[tokio::test]
async fn a_target_that_refuses_resets_the_client() {
    let network = Network::new().await;
    let mut stream = TcpStream::connect(network.at(31)).await.unwrap();
    let mut buffer = [0; 1];
    let error = stream.read(&mut buffer).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn an_unknown_destination_is_refused_and_a_taken_address_named() {
    let network = Network::new().await;
    let unknown = Command::Cut(Some("nowhere".parse().unwrap()));
    assert!(matches!(
        control(&network.socket, &unknown).await,
        Err(Error::Refused(why)) if why.contains("nowhere")
    ));
    let second = relay::serve(
        vec![network.route(&network.far, 3)],
        &network.socket,
        std::future::pending(),
    );
    match second.await {
        Err(Error::Listen { address, .. }) => assert_eq!(address, network.at(19)),
        other => panic!("{other:?}"),
    }
    assert!(!network.relay.is_finished());
}

#[tokio::test]
async fn a_killed_relays_socket_is_replaced() {
    let network = Network::new().await;
    network.relay.abort();
    until("it is gone", || network.relay.is_finished().then_some(())).await;
    assert!(network.socket.exists());
    let routes = vec![network.route(&network.far, 3)];
    let path = network.socket.clone();
    let again =
        tokio::spawn(async move { relay::serve(routes, &path, std::future::pending()).await });
    let mut stream = loop {
        match TcpStream::connect(network.at(19)).await {
            Ok(stream) => break stream,
            Err(_) => tokio::task::yield_now().await,
        }
        assert!(!again.is_finished());
    };
    ping(&mut stream, "again").await;
    // The listener answers before the socket does.
    let socket = network.socket.clone();
    let probe = || std::os::unix::net::UnixStream::connect(&socket).ok();
    until("the control socket answers", probe).await;
    network.tell("cut far").await;
}
