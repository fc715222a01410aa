//! A small client that waits: one socket, whole messages, and a limit on every wait.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use gateway::auth::Secret;
use gateway::auth::md5::{md5_password, md5_response};
use gateway::auth::scram::{ClientCredential, ClientExchange, SaltedPasswordCache};
use pgwire::backend::{self, Authentication};
use pgwire::{frontend, startup};

use crate::messages::query;
use crate::replies::{Reply, lines, take_replies};

/// Longest that anything may take, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A socket of either kind.
trait Socket: Read + Write + Send {}
impl<T: Read + Write + Send> Socket for T {}

/// A connection.
pub(crate) struct Client {
    socket: Box<dyn Socket>,
    received: Vec<u8>,
    replies: std::collections::VecDeque<Reply>,
    /// Process id and cancel key.
    pub(crate) key: (u32, Vec<u8>),
}

/// Who logs in, and where.
#[derive(Clone)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) database: &'a str,
    pub(crate) settings: Vec<(&'a str, &'a str)>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("process", &self.key.0).finish_non_exhaustive()
    }
}

impl Client {
    /// Open a socket: to the path of a unix socket, or to a host and port.
    pub(crate) fn open(address: &str) -> Self {
        let socket: Box<dyn Socket> = if address.starts_with('/') {
            let socket = UnixStream::connect(Path::new(address)).expect("the socket is there");
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            Box::new(socket)
        } else {
            let address = address.to_socket_addrs().unwrap().next().expect("an address");
            let socket = TcpStream::connect(address).expect("the gateway listens");
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            socket.set_nodelay(true).unwrap();
            Box::new(socket)
        };
        let replies = std::collections::VecDeque::new();
        Self { socket, received: Vec::new(), replies, key: (0, Vec::new()) }
    }

    /// Open a socket and log in; the error is what the server refuses the login with.
    pub(crate) fn log_in(address: &str, login: &Login<'_>) -> Result<Self, Reply> {
        let mut client = Self::open(address);
        let mut parameters = vec![("user", login.user), ("database", login.database)];
        parameters.extend(&login.settings);
        let mut out = Vec::new();
        let bytes = parameters.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        startup::put_startup(&mut out, startup::VERSION_3_0, bytes);
        client.send(&out);
        let password = SaltedPasswordCache::new(Secret::from(login.password.to_owned()));
        let mut exchange = ClientExchange::new(ClientCredential::Password(password)).unwrap();
        loop {
            let reply = client.reply().expect("a login is answered");
            let mut out = Vec::new();
            match reply.tag {
                backend::ERROR_RESPONSE => return Err(reply),
                backend::READY_FOR_QUERY => return Ok(client),
                backend::BACKEND_KEY_DATA => {
                    let (process, key) = backend::backend_key_data(&reply.body).unwrap();
                    client.key = (process, key.to_vec());
                }
                backend::AUTHENTICATION => match Authentication::parse(&reply.body).unwrap() {
                    Authentication::Cleartext => {
                        frontend::put_password(&mut out, login.password.as_bytes());
                    }
                    Authentication::Md5(salt) => {
                        let hash = md5_password(login.user, login.password.as_bytes());
                        let answer = md5_response(&hash, salt);
                        frontend::put_password(&mut out, answer.expose().as_bytes());
                    }
                    Authentication::Sasl(_) => {
                        frontend::put_sasl_initial(&mut out, b"SCRAM-SHA-256", &exchange.first());
                    }
                    Authentication::SaslContinue(data) => {
                        frontend::put_sasl_response(&mut out, &exchange.respond(data).unwrap());
                    }
                    Authentication::SaslFinal(data) => exchange.verify(data).unwrap(),
                    _ => {}
                },
                _ => {}
            }
            client.send(&out);
        }
    }

    /// Send bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the socket takes it");
    }

    /// The next message; `None` when the other side has closed.
    pub(crate) fn reply(&mut self) -> Option<Reply> {
        while self.replies.is_empty() {
            let mut buffer = [0; 4096];
            let count = match self.socket.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
                // The process was stopped and goes on.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => panic!("no answer within {PATIENCE:?}: {error}"),
            };
            if count == 0 {
                return None;
            }
            self.received.extend_from_slice(&buffer[..count]);
            self.replies.extend(take_replies(&mut self.received));
        }
        self.replies.pop_front()
    }

    /// All messages up to the `count`th ReadyForQuery, that included.
    pub(crate) fn until_ready(&mut self, count: usize) -> Vec<Reply> {
        let mut replies = Vec::new();
        let mut ready = 0;
        while ready < count {
            let reply = self.reply().unwrap_or_else(|| panic!("closed after {replies:?}"));
            ready += usize::from(reply.tag == backend::READY_FOR_QUERY);
            replies.push(reply);
        }
        replies
    }

    /// Run a simple query; the replies as lines, without reported settings.
    pub(crate) fn query(&mut self, text: &str) -> Vec<String> {
        self.send(&query(text));
        let mut replies = self.until_ready(1);
        replies.retain(|reply| reply.tag != backend::PARAMETER_STATUS);
        lines(&replies)
    }

    /// The only column of the only row that a query returns.
    pub(crate) fn value(&mut self, text: &str) -> String {
        let replies = self.query(text);
        let rows: Vec<&str> =
            replies.iter().filter_map(|line| line.strip_prefix("DataRow ")).collect();
        let [row] = rows[..] else {
            panic!("{text} returned {replies:?}");
        };
        row.to_owned()
    }
}
