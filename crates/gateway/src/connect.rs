//! Makes server connections: connect, with TLS or without, start up, authenticate, learn what the server reports.

use std::io;
use std::sync::Arc;

use pgwire::backend::{self, Authentication, Fields};
use pgwire::{frame, frontend, startup};

use crate::auth::md5::{Md5Hash, md5_password, md5_response};
use crate::auth::scram::{
    ClientBinding, ClientCredential, ClientExchange, LearntKeys, MECHANISM, MECHANISM_PLUS,
    SaltedPasswordCache,
};
use crate::auth::{Secret, StoredPassword};
use crate::cancel::Unanswered;
use crate::cleanup;
use crate::configuration::SslMode;
use crate::deadline::within;
use crate::gateway::Common;
use crate::parameters::Parameters;
use crate::pool::shares::Places;
use crate::pool::{Order, Pool, Target};
use crate::report::Refusal;
use crate::server::{Identity, Server};
use crate::session::{ServerState, SessionError};
use crate::sockets;
use crate::stats::meter::Grant;
use crate::stream::{Stream, TlsStream};
use crate::tls::{self, Answer, Servers};
use crate::worker;

/// Largest message accepted during login, in bytes.
const LOGIN_MESSAGE_LIMIT: u32 = 64 * 1024;

/// What the pooler proves itself to PostgreSQL with.
#[derive(Debug)]
pub enum Credential {
    /// Nothing: the server trusts the pooler, or refuses it.
    None,
    /// A password, with the keys that earlier logins derived from it.
    Password(SaltedPasswordCache),
    /// An MD5 hash, good for MD5 authentication only.
    Md5(Md5Hash),
    /// A SCRAM verifier, which proves nothing to a server, and the keys that a client's login against it shows.
    Verifier(LearntKeys),
}

impl Credential {
    /// The credential in a stored password; `learnt` is what its user's logins have shown.
    pub fn new(stored: Option<&StoredPassword>, learnt: LearntKeys) -> Self {
        match stored {
            None => Self::None,
            Some(StoredPassword::Plain(password)) => {
                Self::Password(SaltedPasswordCache::new(password.clone()))
            }
            Some(StoredPassword::Md5(hash)) => Self::Md5(hash.clone()),
            Some(StoredPassword::Scram(_)) => Self::Verifier(learnt),
        }
    }
}

/// Connect a server for `pool`, and tell the pool how it went.
pub async fn into_pool(pool: Arc<Pool>, order: Order, places: Places, common: Arc<Common>) {
    let mut attempt = Attempt { pool: &pool, order: &order, places, is_over: false };
    let limit = common.configuration().server_connect_timeout;
    let login = within(&common, limit, open(&order, &common));
    let result = tokio::select! {
        biased;
        result = login => result,
        () = pool.outdated(order.generation) => {
            attempt.end();
            return pool.connect_abandoned(order.generation);
        }
    };
    let result = result
        .unwrap_or_else(|_| Err(Refusal::server_late(&order.target.address.to_string(), limit)));
    let places = attempt.end();
    match result {
        Ok(mut server) => {
            server.places = places;
            if common.configuration().log_connections {
                tracing::info!(
                    database = pool.database,
                    user = pool.user,
                    pid = server.identity.process,
                    "new connection to server (from {})",
                    server.identity.ends.1
                );
            }
            pool.connected(Box::new(server));
        }
        Err(refusal) => {
            drop(places);
            pool.connect_failed(order.generation, &refusal);
        }
    }
}

/// Connect, log in and run `connect_query`, whose errors are logged and nothing else.
async fn open(order: &Order, common: &Arc<Common>) -> Result<Server, Refusal> {
    let target = &order.target;
    let mut server = log_in(order, common).await?;
    if target.connect_query.is_empty() {
        return Ok(server);
    }
    // The time limit may drop this, and servers that nobody counts would add up.
    let unanswered = Unanswered::new(&server.identity, common);
    let result = cleanup::run(&mut server, &common.session, &target.connect_query).await;
    unanswered.settle();
    let broken = |what: &str| {
        let what = format!("connect_query: {what}");
        Refusal::server_protocol(&target.address.to_string(), &what)
    };
    match result {
        Ok(()) => {}
        Err(SessionError::Setting { sqlstate, message }) => {
            tracing::warn!(database = target.database, sqlstate, "connect_query failed: {message}");
        }
        Err(error) => return Err(broken(&error.to_string())),
    }
    if server.state.is_idle() { Ok(server) } else { Err(broken("it leaves a transaction open")) }
}

/// Tells the pool of an attempt whose task ended without a result.
struct Attempt<'a> {
    pool: &'a Arc<Pool>,
    order: &'a Order,
    /// What counts it.
    places: Places,
    is_over: bool,
}

impl Attempt<'_> {
    /// There is a result; what counts the server is for whoever has it.
    fn end(&mut self) -> Places {
        self.is_over = true;
        std::mem::take(&mut self.places)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.end());
            let address = self.order.target.address.to_string();
            let refusal = Refusal::server_unreachable(&address, "the attempt was given up");
            self.pool.connect_failed(self.order.generation, &refusal);
        }
    }
}

/// Log in, with TLS or without, as `server_tls_sslmode` says. What counts the server is the caller's to add.
///
/// # Errors
/// What PostgreSQL, or the way to it, has against it.
pub(crate) async fn log_in(order: &Order, common: &Common) -> Result<Server, Refusal> {
    match log_in_once(order, common).await {
        Err(refusal) if order.target.learns_from(&refusal) => log_in_once(order, common).await,
        result => result,
    }
}

async fn log_in_once(order: &Order, common: &Common) -> Result<Server, Refusal> {
    let target = &*order.target;
    let tls = common.tls();
    let mut refusal = None;
    for channel in channels(target, tls.servers.mode) {
        match log_in_over(*channel, order, common, &tls.servers).await {
            Ok(server) => return Ok(server),
            // Where no channel will do, the first refusal says more than that of the last resort.
            Err(failed) if failed.is_of_the_channel => _ = refusal.get_or_insert(failed.refusal),
            Err(failed) => return Err(failed.refusal),
        }
    }
    Err(refusal.unwrap_or_else(|| {
        Refusal::server_unreachable(&target.address.to_string(), "there is no way to try")
    }))
}

/// A way to reach PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    /// Without TLS.
    Plain,
    /// With TLS if it does that.
    Either,
    /// With TLS.
    Encrypted,
}

/// The ways to try, in libpq's order.
fn channels(target: &Target, mode: SslMode) -> &'static [Channel] {
    match mode {
        _ if target.address.host().is_none() => &[Channel::Plain],
        SslMode::Disable => &[Channel::Plain],
        SslMode::Allow => &[Channel::Plain, Channel::Encrypted],
        SslMode::Prefer => &[Channel::Either, Channel::Plain],
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Channel::Encrypted],
    }
}

/// A login that came to nothing.
struct Failed {
    refusal: Refusal,
    /// The other channel may do better.
    is_of_the_channel: bool,
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, is_of_the_channel: false }
    }
}

async fn log_in_over(
    channel: Channel,
    order: &Order,
    common: &Common,
    tls: &Servers,
) -> Result<Server, Failed> {
    let target = &*order.target;
    let address = target.address.to_string();
    let unreachable = |error: io::Error| Refusal::server_unreachable(&address, &error.to_string());
    let mut stream = target.address.connect().await.map_err(unreachable)?;
    if let (Some(_), Some(socket)) = (target.address.host(), stream.descriptor()) {
        sockets::tune(socket, &common.configuration());
    }
    if let (Channel::Either | Channel::Encrypted, Some(host)) = (channel, target.address.host()) {
        let answer = tls::request(&mut stream, host, tls).await.map_err(|error| {
            let why = format!("TLS, by server_tls_sslmode: {error}");
            let refusal = Refusal::server_unreachable(&address, &why);
            Failed { refusal, is_of_the_channel: true }
        })?;
        if answer == Answer::Plain && channel == Channel::Encrypted {
            let why = "it does no TLS, and server_tls_sslmode demands it: set ssl = on there";
            let refusal = Refusal::server_unreachable(&address, why);
            return Err(Failed { refusal, is_of_the_channel: true });
        }
    }
    let is_encrypted = stream.tls().is_some();
    let has_choice = is_encrypted || channel == Channel::Plain;
    let mut login = Login { stream, received: Vec::new(), address: &address, is_asked: false };
    match log_in_on(&mut login, target).await {
        Ok((reported, process, key)) => {
            let now = common.clock.milliseconds();
            let identity = Identity::new(target.address.clone(), process, key, &login.stream, now);
            Ok(Server {
                has_served: false,
                stream: login.stream,
                state: ServerState::new(common.session.parameters.intern(reported)),
                identity: Arc::new(identity),
                worker: worker::current(),
                generation: order.generation,
                born: now,
                idle_since: 0,
                grant: Grant::default(),
                needs_check: false,
                places: Places::default(),
            })
        }
        // Refused before it asked for anything: by a rule of pg_hba.conf for the other channel, usually.
        Err(refusal) => Err(Failed { refusal, is_of_the_channel: has_choice && !login.is_asked }),
    }
}

/// What a server reports, its process and its cancel key.
type LoggedIn = (Parameters, u32, Vec<u8>);

async fn log_in_on(login: &mut Login<'_>, target: &Target) -> Result<LoggedIn, Refusal> {
    let mut out = Vec::new();
    let parameters = target.startup().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    startup::put_startup(&mut out, startup::VERSION_3_0, parameters);
    login.send(&out).await?;
    login.authenticate(target).await?;

    let mut reported = Parameters::default();
    let mut identity = None;
    loop {
        let (tag, body) = login.message().await?;
        match tag {
            backend::PARAMETER_STATUS => {
                let (name, value) = backend::parameter_status(&body)
                    .map_err(|error| login.broken(&error.to_string()))?;
                reported.set(&String::from_utf8_lossy(name), value);
            }
            backend::BACKEND_KEY_DATA => {
                let (process, key) = backend::backend_key_data(&body)
                    .map_err(|error| login.broken(&error.to_string()))?;
                identity = Some((process, key.to_vec()));
            }
            backend::NOTICE_RESPONSE => {}
            backend::READY_FOR_QUERY => break,
            other => {
                return Err(login.broken(&format!("unexpected message {other:#04x} after login")));
            }
        }
    }
    let (process, key) = identity.unwrap_or_default();
    Ok((reported, process, key))
}

/// A connection on its way in.
struct Login<'a> {
    stream: Stream,
    received: Vec<u8>,
    address: &'a str,
    /// It has asked for a password, or needs none.
    is_asked: bool,
}

impl Login<'_> {
    fn broken(&self, what: &str) -> Refusal {
        Refusal::server_protocol(self.address, what)
    }

    fn lost(&self, error: &io::Error) -> Refusal {
        Refusal::server_unreachable(self.address, &error.to_string())
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let sent = self.stream.write_all(bytes).await;
        sent.map_err(|error| self.lost(&error))
    }

    /// The next message; an ErrorResponse is the refusal it stands for.
    async fn message(&mut self) -> Result<(u8, Vec<u8>), Refusal> {
        loop {
            let split = frame::split(&self.received, LOGIN_MESSAGE_LIMIT)
                .map_err(|error| self.broken(&error.to_string()))?;
            if let Some((tag, body, rest)) = split {
                let (body, left) = (body.to_vec(), rest.len());
                self.received.drain(..self.received.len() - left);
                if tag == backend::ERROR_RESPONSE {
                    return Err(refused(&body));
                }
                return Ok((tag, body));
            }
            match self.stream.read_some(&mut self.received).await {
                Ok(0) => return Err(self.broken("connection closed during login")),
                Ok(_) => {}
                Err(error) => return Err(self.lost(&error)),
            }
        }
    }

    async fn authenticate(&mut self, target: &Target) -> Result<(), Refusal> {
        let mut exchange: Option<ClientExchange> = None;
        loop {
            let (tag, body) = self.message().await?;
            if tag == backend::NOTICE_RESPONSE {
                continue;
            }
            if tag != backend::AUTHENTICATION {
                return Err(self.broken(&format!("unexpected message {tag:#04x} during login")));
            }
            self.is_asked = true;
            let request =
                Authentication::parse(&body).map_err(|error| self.broken(&error.to_string()))?;
            let mut out = Vec::new();
            match request {
                Authentication::Ok => {
                    if exchange.as_ref().is_some_and(|exchange| !exchange.is_verified()) {
                        return Err(
                            self.broken("it let us in without proving that it knows the password")
                        );
                    }
                    return Ok(());
                }
                Authentication::Cleartext => {
                    let password = self.password(target)?;
                    frontend::put_password(&mut out, password.expose().as_bytes());
                }
                Authentication::Md5(salt) => {
                    let hash = match &target.credential {
                        Credential::Md5(hash) => hash.clone(),
                        _ => md5_password(&target.user, self.password(target)?.expose().as_bytes()),
                    };
                    frontend::put_password(&mut out, md5_response(&hash, salt).expose().as_bytes());
                }
                Authentication::Sasl(list) => {
                    let (mechanism, binding) = self.mechanism(list)?;
                    let known = match &target.credential {
                        Credential::Password(cache) => {
                            Some(ClientCredential::Password(cache.clone()))
                        }
                        Credential::Verifier(learnt) => learnt.get().map(ClientCredential::Keys),
                        Credential::None | Credential::Md5(_) => None,
                    };
                    let started =
                        ClientExchange::new(known.ok_or_else(|| self.no_password(target))?)
                            .map_err(|error| self.broken(&error.to_string()))?
                            .bound_to(binding);
                    frontend::put_sasl_initial(&mut out, mechanism.as_bytes(), &started.first());
                    exchange = Some(started);
                }
                Authentication::SaslContinue(data) => {
                    let response = exchange
                        .as_mut()
                        .ok_or_else(|| self.broken("SASL data before SASL began"))?
                        .respond(data)
                        .map_err(|error| self.broken(&error.to_string()))?;
                    frontend::put_sasl_response(&mut out, &response);
                }
                Authentication::SaslFinal(data) => {
                    exchange
                        .as_mut()
                        .ok_or_else(|| self.broken("SASL data before SASL began"))?
                        .verify(data)
                        .map_err(|error| self.broken(&error.to_string()))?;
                    continue;
                }
                Authentication::Other(code) => {
                    return Err(
                        self.broken(&format!("authentication method {code} is not supported"))
                    );
                }
            }
            self.send(&out).await?;
        }
    }

    /// The strongest mechanism that both sides have, and what it is bound to.
    fn mechanism(&self, list: &[u8]) -> Result<(&'static str, ClientBinding), Refusal> {
        let facts = self.stream.tls().and_then(TlsStream::peer);
        let end_point = facts.and_then(|facts| facts.end_point);
        match end_point {
            Some(hash) if backend::offers_mechanism(list, MECHANISM_PLUS) => {
                Ok((MECHANISM_PLUS, ClientBinding::EndPoint(hash)))
            }
            _ if !backend::offers_mechanism(list, MECHANISM) => {
                Err(self.broken("it offers no SASL mechanism but SCRAM-SHA-256-PLUS"))
            }
            Some(_) => Ok((MECHANISM, ClientBinding::NotOffered)),
            None => Ok((MECHANISM, ClientBinding::None)),
        }
    }

    fn password(&self, target: &Target) -> Result<Secret, Refusal> {
        match &target.credential {
            Credential::Password(cache) => Ok(cache.password().clone()),
            _ => Err(self.no_password(target)),
        }
    }

    fn no_password(&self, target: &Target) -> Refusal {
        let what = match &target.credential {
            Credential::None => "no password is configured",
            Credential::Md5(_) => {
                "only an MD5 hash is configured, which this server does not accept"
            }
            Credential::Verifier(_) => {
                "only a SCRAM verifier is configured, which logs in to a server that stores the very same \
                 one once a client of that user has come in by auth_type scram-sha-256"
            }
            Credential::Password(_) => "the password cannot be used",
        };
        Refusal::server_refused(
            "08004",
            &format!(
                "{} asks for the password of user \"{}\", and {what}",
                self.address, target.user
            ),
        )
    }
}

/// The refusal for an ErrorResponse that PostgreSQL sent during login.
fn refused(body: &[u8]) -> Refusal {
    let text = |code| {
        String::from_utf8_lossy(Fields::new(body).get(code).unwrap_or_default()).into_owned()
    };
    Refusal::server_refused(&text(b'C'), &format!("{} {}", text(b'S'), text(b'M')))
}
