//! A session over sockets that give and take little at a time, break off, or bring garbage.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener as StdListener, TcpStream as StdStream};
use std::sync::Arc;
use std::thread;

use gateway::stream::{Session, Stream};
use gateway::tls::Tls;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use socket2::SockRef;

use crate::authority::{Authority, Folder, Wish, tls};

/// A client's end that blocks, and speaks TLS by itself.
type Peer = StreamOwned<ClientConnection, StdStream>;

struct Ends {
    ours: Stream,
    theirs: StdStream,
    session: Session,
    configuration: Arc<ClientConfig>,
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap()
}

fn server_side(folder: &Folder, authority: &Authority) -> Tls {
    let issued = authority.issue(&Wish::default());
    tls(&json!({
        "client_tls_sslmode": "require",
        "client_tls_cert_file": folder.write("server.pem", issued.certificate),
        "client_tls_key_file": folder.write("server.key", issued.key),
    }))
    .unwrap()
}

/// Two connected sockets, and what both sides need for TLS. To be called within a runtime.
fn ends(versions: &[&'static rustls::SupportedProtocolVersion]) -> Ends {
    let (folder, authority) = (Folder::new(), Authority::new());
    let session = server_side(&folder, &authority).clients.accept().unwrap();
    let mut roots = RootCertStore::empty();
    let root = rustls::pki_types::CertificateDer::from_pem_slice(authority.pem().as_bytes());
    roots.add(root.unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configuration = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let theirs = StdStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    // Takes little at a time.
    SockRef::from(&ours).set_send_buffer_size(4096).unwrap();
    let ours = Stream::new(ours).unwrap();
    Ends { ours, theirs, session, configuration: Arc::new(configuration) }
}

fn connection(configuration: &Arc<ClientConfig>) -> ClientConnection {
    let name = ServerName::try_from("localhost").unwrap();
    ClientConnection::new(Arc::clone(configuration), name).unwrap()
}

fn peer(theirs: StdStream, configuration: &Arc<ClientConfig>) -> Peer {
    StreamOwned::new(connection(configuration), theirs)
}

async fn read_exactly(stream: &mut Stream, count: usize) -> Vec<u8> {
    let mut received = Vec::new();
    while received.len() < count {
        assert_ne!(stream.read_some(&mut received).await.unwrap(), 0, "ended early");
    }
    assert_eq!(received.len(), count);
    received
}

const BOTH: [&rustls::SupportedProtocolVersion; 2] =
    [&rustls::version::TLS13, &rustls::version::TLS12];

fn pattern(count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

#[test]
fn records_cut_at_every_byte_come_together_again() {
    for version in BOTH {
        runtime().block_on(async {
            let Ends { mut ours, theirs, session, configuration } = ends(&[version]);
            let message = pattern(300);
            let sent = message.clone();
            // Every write is one byte: each handshake message and record is cut everywhere.
            let other = thread::spawn(move || {
                struct OneByte(StdStream);
                impl Read for OneByte {
                    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                        self.0.read(buffer)
                    }
                }
                impl Write for OneByte {
                    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                        self.0.write(&bytes[..1.min(bytes.len())])
                    }
                    fn flush(&mut self) -> std::io::Result<()> {
                        Ok(())
                    }
                }
                theirs.set_nodelay(true).unwrap();
                let mut peer = StreamOwned::new(connection(&configuration), OneByte(theirs));
                peer.write_all(&sent).unwrap();
                peer.flush().unwrap();
                let mut back = vec![0; sent.len()];
                peer.read_exact(&mut back).unwrap();
                back
            });
            ours.start_tls(session, Vec::new()).await.unwrap();
            assert_eq!(read_exactly(&mut ours, message.len()).await, message);
            ours.write_all(&message).await.unwrap();
            assert_eq!(other.join().unwrap(), message);
        });
    }
}

/// What a client sends up to its first data, recorded, and the answer it gets.
#[test]
fn a_handshake_that_came_with_the_first_bytes_is_taken_from_them() {
    runtime().block_on(async {
        for cut in [0, 1, 5, 100, usize::MAX] {
            let Ends { mut ours, theirs, session, configuration } = ends(&BOTH);
            let mut client = connection(&configuration);
            let mut hello = Vec::new();
            client.write_tls(&mut hello).unwrap();
            let (early, late) = hello.split_at(cut.min(hello.len()));
            let late = late.to_vec();
            let other = thread::spawn(move || {
                let mut theirs = theirs;
                theirs.write_all(&late).unwrap();
                let mut peer = StreamOwned::new(client, theirs);
                peer.write_all(b"hello").unwrap();
                let mut back = [0; 5];
                peer.read_exact(&mut back).unwrap();
                back
            });
            ours.start_tls(session, early.to_vec()).await.unwrap();
            assert_eq!(read_exactly(&mut ours, 5).await, b"hello");
            ours.write_all(b"world").await.unwrap();
            assert_eq!(&other.join().unwrap(), b"world");
        }
    });
}

#[test]
fn much_goes_both_ways_through_a_socket_that_takes_little() {
    for version in BOTH {
        runtime().block_on(async {
            let Ends { mut ours, theirs, session, configuration } = ends(&[version]);
            let message = pattern(5_000_000);
            let sent = message.clone();
            let other = thread::spawn(move || {
                let mut peer = peer(theirs, &configuration);
                peer.write_all(&sent).unwrap();
                peer.flush().unwrap();
                let mut back = vec![0; sent.len()];
                peer.read_exact(&mut back).unwrap();
                back
            });
            ours.start_tls(session, Vec::new()).await.unwrap();
            assert_eq!(read_exactly(&mut ours, message.len()).await, message);
            ours.write_all(&message).await.unwrap();
            assert!(other.join().unwrap() == message);
        });
    }
}

#[test]
fn what_is_decrypted_counts_as_readable() {
    runtime().block_on(async {
        let Ends { mut ours, theirs, session, configuration } = ends(&BOTH);
        let other = thread::spawn(move || {
            let mut peer = peer(theirs, &configuration);
            peer.write_all(&[7; 1000]).unwrap();
            peer.flush().unwrap();
            peer
        });
        ours.start_tls(session, Vec::new()).await.unwrap();
        let peer = other.join().unwrap();
        let mut few = [0; 10];
        let first = std::future::poll_fn(|cx| ours.poll_read(cx, &mut few)).await.unwrap();
        assert_eq!(first, 10);
        // The socket is empty, and 990 bytes are here: each read gives some, at once.
        let mut rest = 990;
        while rest > 0 {
            assert!(ours.is_readable());
            let count = ours.try_read(&mut few).unwrap();
            assert!(few[..count].iter().all(|byte| *byte == 7));
            rest -= count;
        }
        let error = ours.try_read(&mut few).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        drop(peer);
    });
}

#[test]
fn the_end_is_the_end_with_a_good_bye_and_without() {
    for says_good_bye in [true, false] {
        runtime().block_on(async {
            let Ends { mut ours, theirs, session, configuration } = ends(&BOTH);
            let other = thread::spawn(move || {
                let mut peer = peer(theirs, &configuration);
                peer.write_all(b"last words").unwrap();
                if says_good_bye {
                    peer.conn.send_close_notify();
                }
                peer.flush().unwrap();
                peer.sock.shutdown(Shutdown::Write).unwrap();
                // What we still say arrives, and our good-bye behind it.
                let mut rest = Vec::new();
                peer.read_to_end(&mut rest).unwrap();
                rest
            });
            ours.start_tls(session, Vec::new()).await.unwrap();
            assert_eq!(read_exactly(&mut ours, 10).await, b"last words");
            let mut nothing = Vec::new();
            assert_eq!(ours.read_some(&mut nothing).await.unwrap(), 0);
            assert!(ours.is_readable());
            assert_eq!(ours.try_read(&mut [0; 10]).unwrap(), 0);
            ours.write_all(b"answer").await.unwrap();
            drop(ours);
            // `read_to_end` fails where the end comes without a close_notify.
            assert_eq!(other.join().unwrap(), b"answer");
        });
    }
}

#[test]
fn garbage_ends_a_handshake_with_an_alert() {
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16; 200], &[0; 5], &[0x16, 3, 1, 0xff, 0xff]]
    {
        runtime().block_on(async {
            let Ends { mut ours, mut theirs, session, .. } = ends(&BOTH);
            theirs.write_all(garbage).unwrap();
            theirs.shutdown(Shutdown::Write).unwrap();
            assert!(ours.start_tls(session, Vec::new()).await.is_err());
            drop(ours);
            let mut said = Vec::new();
            let _ = theirs.read_to_end(&mut said);
            assert!(said.is_empty() || said[0] == 0x15, "{said:?}");
        });
    }
}

#[test]
fn a_record_that_was_changed_on_its_way_ends_the_session() {
    runtime().block_on(async {
        let Ends { mut ours, theirs, session, configuration } = ends(&BOTH);
        let other = thread::spawn(move || {
            let mut peer = peer(theirs, &configuration);
            peer.write_all(b"true").unwrap();
            peer.flush().unwrap();
            peer.conn.writer().write_all(b"false").unwrap();
            let mut record = Vec::new();
            peer.conn.write_tls(&mut record).unwrap();
            *record.last_mut().unwrap() ^= 1;
            peer.sock.write_all(&record).unwrap();
            let mut rest = Vec::new();
            peer.read_to_end(&mut rest).unwrap_err().to_string()
        });
        ours.start_tls(session, Vec::new()).await.unwrap();
        assert_eq!(read_exactly(&mut ours, 4).await, b"true");
        let error = ours.read_some(&mut Vec::new()).await.unwrap_err();
        assert!(error.to_string().starts_with("TLS: "), "{error}");
        assert!(ours.try_write(b"more").is_err());
        let alert = other.join().unwrap();
        assert!(alert.contains("BadRecordMac"), "{alert}");
    });
}

#[test]
fn new_keys_in_the_middle_change_nothing() {
    runtime().block_on(async {
        let Ends { mut ours, theirs, session, configuration } = ends(&[&rustls::version::TLS13]);
        let other = thread::spawn(move || {
            let mut peer = peer(theirs, &configuration);
            let mut seen = Vec::new();
            for _ in 0..20 {
                peer.write_all(b"ping").unwrap();
                peer.conn.refresh_traffic_keys().unwrap();
                peer.write_all(b"ping").unwrap();
                peer.flush().unwrap();
                let mut back = [0; 4];
                peer.read_exact(&mut back).unwrap();
                seen.extend_from_slice(&back);
            }
            seen
        });
        ours.start_tls(session, Vec::new()).await.unwrap();
        for _ in 0..20 {
            assert_eq!(read_exactly(&mut ours, 8).await, b"pingping");
            ours.write_all(b"pong").await.unwrap();
        }
        assert_eq!(other.join().unwrap(), b"pong".repeat(20));
    });
}
