//! A client's first packets: negotiation, startup, authentication, settings, and the welcome.

mod lookup;
mod scram;
mod settings;
mod tls_door;

use std::io;
use std::sync::Arc;
use std::task::Poll;

use pgwire::backend::{self, Authentication, Status};
use pgwire::startup::{self, Initial};
use pgwire::{WireError, frame, frontend};

use crate::auth::md5::{md5_password, verify_md5_response};
use crate::auth::random::secure_random;
use crate::auth::users::User;
use crate::auth::{AuthenticationError, StoredPassword};
use crate::cancel;
use crate::clients::{Entry, Facts, Registration, Seat};
use crate::configuration::AuthType;
use crate::console::{self, session::Operator};
use crate::gateway::{Context, Phase};
use crate::parameters::Parameters;
use crate::pool::budget::{Kind, Place};
use crate::pool::{Checkout, Lease, Pool};
use crate::report::Refusal;
use crate::session::ClientState;
use crate::stream::Stream;

/// Largest password or SASL message, in bytes (`PG_MAX_AUTH_TOKEN_LENGTH`).
const PASSWORD_LIMIT: u32 = 65_535;

/// How many SSL and GSS requests a client may make before it starts.
const NEGOTIATIONS: usize = 4;

/// Newest minor version of protocol 3 spoken here.
const NEWEST_MINOR: u16 = 2;

/// A client that is in.
#[derive(Debug)]
pub struct LoggedIn {
    /// Its pool.
    pub pool: Arc<Pool>,
    /// Its place among the connected; removed again by [`Registration`]'s drop.
    pub registration: Registration,
    /// Its session, with whatever it has sent already.
    pub client: ClientState,
    /// Its name.
    pub user: String,
}

/// Who has come in.
#[derive(Debug)]
pub enum Admitted {
    /// A client of a pool.
    Client(Box<LoggedIn>),
    /// An operator.
    Operator(Box<Operator>),
}

/// Why a login came to nothing.
#[derive(Debug)]
pub enum Failure {
    /// The client is told this.
    Refused(Box<Refusal>),
    /// The socket failed or was closed.
    Gone,
    /// For this reason, and there is no way to tell the client.
    Unheard(String),
    /// It was a cancel request, which has been dealt with.
    Cancel,
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Refusal::login_protocol(&error.to_string()).into()
    }
}

/// Bring a client in.
pub async fn log_in(
    stream: &mut Stream,
    peer: &str,
    context: &Arc<Context>,
) -> Result<Admitted, Failure> {
    let mut door = Door { stream, received: Vec::new(), end_point: None, entry: None };
    let mut request = door.startup(context).await?;
    settings::add_host(&mut request.settings, peer, &context.common.configuration());
    let is_console = request.database == console::DATABASE;
    let last = if is_console { Phase::Closing } else { Phase::Running };
    if context.common.phase() > last {
        return Err(Refusal::shutting_down().into());
    }
    // Before authentication, which costs the pooler more than the client.
    let limit =
        if is_console { usize::MAX } else { context.common.configuration().max_client_conn };
    let entry = context
        .clients
        .register(request.minor, limit)
        .map_err(|error| Refusal::login_protocol(&error.to_string()))?
        .ok_or_else(|| Refusal::too_many_clients(limit))?;
    door.entry = Some(Arc::clone(&entry));
    let mut registration = Registration::new(context, entry);

    let is_own = is_console && console::session::is_own_user(door.stream, &request.user);
    let mut found = None;
    if !is_own {
        let identified = door.identify(context, &request).await?;
        door.authenticate(context, &request.user, &identified).await?;
        found = identified.user.filter(|user| !user.is_listed());
    }
    if is_console {
        let Door { stream, received, .. } = door;
        let operator = Operator { registration, user: request.user, is_own, received };
        operator.welcome(stream, context, &request.settings).await?;
        return Ok(Admitted::Operator(Box::new(operator)));
    }
    if context.is_disabled(&request.database) {
        return Err(Refusal::database_disabled(&request.database).into());
    }
    registration.occupy(take_places(context, &request.database, &request.user)?);
    // Not before, so that there is a pool, with which it is forgotten again.
    if let Some(user) = found {
        context.keep_found(&request.database, &user);
    }
    // Before the pool is looked for, so that a reload that removes it finds the client.
    let (database, user) = (request.database.as_str().into(), request.user.as_str().into());
    let _ = registration.entry.seat.set(Seat { database, user });
    let pool = context
        .pool(&request.database, &request.user)
        .ok_or_else(|| Refusal::no_such_database(&request.database))?;
    registration.join(&pool);

    let asked = context.common.session.parameters.intern(request.settings);
    let (startup, reported) = settings::prepare(&mut door, &pool, context, &asked).await?;

    let mut out = Vec::new();
    backend::put_authentication(&mut out, &Authentication::Ok);
    for (name, value) in reported.iter() {
        backend::put_parameter_status(&mut out, name.as_bytes(), value);
    }
    let entry = &registration.entry;
    backend::put_backend_key_data(&mut out, entry.id, &entry.key);
    backend::put_ready_for_query(&mut out, Status::Idle);
    door.stream.write_all(&out).await?;

    let mut client = ClientState::new(Arc::clone(&startup), startup, reported);
    client.tracking.join(&pool.pins);
    client.carry = door.received;
    client.carry.shrink_to_fit();
    let facts = Facts::new(&request.database, &request.user, door.stream);
    entry.describe(facts, client.reported(), &context.common.clock);
    Ok(Admitted::Client(Box::new(LoggedIn { pool, registration, client, user: request.user })))
}

/// Count an authenticated client against the limits of its database and its user.
fn take_places(context: &Context, database: &str, user: &str) -> Result<Vec<Place>, Failure> {
    let configuration = context.common.configuration();
    let entry =
        configuration.database(database).ok_or_else(|| Refusal::no_such_database(database))?;
    let limit = configuration.max_db_client_connections(entry);
    let of_database = Place::take(context.budgets.get(Kind::DatabaseClients, database), limit)
        .ok_or_else(|| Refusal::too_many_db_clients(limit, database))?;
    let limit = configuration.max_user_client_connections(user);
    let of_user = Place::take(context.budgets.get(Kind::UserClients, user), limit)
        .ok_or_else(|| Refusal::too_many_user_clients(limit, user))?;
    Ok(vec![of_database, of_user])
}

/// A startup packet, understood.
struct Request {
    minor: u16,
    user: String,
    database: String,
    settings: Parameters,
}

/// Who a client says that it is.
struct Identified {
    /// Absent when there is nobody of that name.
    user: Option<Arc<User>>,
    /// `auth_query` was asked.
    is_looked_up: bool,
}

struct Door<'a> {
    stream: &'a mut Stream,
    received: Vec<u8>,
    /// What SCRAM can bind the channel with, once it is encrypted.
    end_point: Option<Arc<[u8]>>,
    /// The client as others see it, once it is registered.
    entry: Option<Arc<Entry>>,
}

impl Door<'_> {
    async fn more(&mut self) -> Result<(), Failure> {
        match self.stream.read_some(&mut self.received).await? {
            0 => Err(Failure::Gone),
            _ => Ok(()),
        }
    }

    async fn startup(&mut self, context: &Context) -> Result<Request, Failure> {
        for _ in 0..=NEGOTIATIONS {
            let packet = loop {
                if self.received.first() == Some(&tls_door::HANDSHAKE) {
                    self.start_tls_directly(context).await?;
                }
                let parsed = startup::parse(&self.received);
                if parsed.is_err() && startup::is_cancel(&self.received) {
                    return Err(Failure::Cancel);
                }
                if let Some((_, size)) = parsed? {
                    let rest = self.received.split_off(size);
                    break std::mem::replace(&mut self.received, rest);
                }
                self.more().await?;
            };
            match startup::parse(&packet)?.map(|(initial, _)| initial) {
                Some(Initial::Ssl) => self.start_tls_if_offered(context).await?,
                Some(Initial::Gss) => self.stream.write_all(b"N").await?,
                Some(Initial::Cancel { process, key }) => {
                    cancel::handle(context, process, key).await;
                    return Err(Failure::Cancel);
                }
                Some(Initial::Startup(startup)) => {
                    self.require_tls(context)?;
                    return self.understand(&startup, context).await;
                }
                None => {}
            }
        }
        Err(Refusal::login_protocol("too many SSL and GSS requests").into())
    }

    async fn understand(
        &mut self,
        startup: &startup::Startup<'_>,
        context: &Context,
    ) -> Result<Request, Failure> {
        let mut unrecognised = Vec::new();
        let (mut user, mut database) = (None, None);
        let mut asked = settings::Asked::new(&context.common.configuration());
        for (name, value) in &startup.parameters {
            let text = |bytes: &[u8]| {
                std::str::from_utf8(bytes)
                    .map(str::to_owned)
                    .map_err(|_| Refusal::login_protocol("startup packet is not UTF-8"))
            };
            let name = text(name)?;
            match name.as_str() {
                "user" => user = Some(text(value)?),
                "database" => database = Some(text(value)?),
                "replication" if matches!(*value, b"false" | b"off" | b"no" | b"0") => {}
                "replication" => {
                    let hint = "connect to PostgreSQL directly for replication";
                    return Err(Refusal::unsupported_startup("replication", hint).into());
                }
                "options" => asked.options(&text(value)?)?,
                name if name.starts_with("_pq_.") => unrecognised.push(name.as_bytes().to_vec()),
                name => asked.set(name, value)?,
            }
        }
        let settings = asked.settings;
        if startup.minor > NEWEST_MINOR || !unrecognised.is_empty() {
            let minor = startup.minor.min(NEWEST_MINOR);
            let names: Vec<&[u8]> = unrecognised.iter().map(Vec::as_slice).collect();
            let mut out = Vec::new();
            backend::put_negotiate_protocol_version(
                &mut out,
                startup::VERSION_3_0 + u32::from(minor),
                &names,
            );
            self.stream.write_all(&out).await?;
        }
        let user = user.filter(|user| !user.is_empty()).ok_or_else(Refusal::no_user)?;
        let database = database.filter(|name| !name.is_empty()).unwrap_or_else(|| user.clone());
        Ok(Request { minor: startup.minor, user, database, settings })
    }

    /// Take a server, waiting in line for it as long as the client is there.
    async fn checkout(&mut self, pool: &Arc<Pool>) -> Result<Lease, Failure> {
        let mut turn = match pool.checkout(&mut None) {
            Checkout::Leased(lease) => return Ok(lease),
            Checkout::Refused(refusal) => return Err(Failure::Refused(refusal)),
            Checkout::Waiting(turn) => turn,
            // The pool has changed since the client came: what is known of it would be wrong.
            Checkout::Retired => return Err(Refusal::database_removed(&pool.database).into()),
        };
        let entry = self.entry.clone();
        let leaves = std::future::poll_fn(move |cx| {
            entry.as_ref().map_or(Poll::Pending, |entry| entry.poll_leaves(cx))
        });
        let mut leaves = std::pin::pin!(leaves);
        loop {
            let reads = self.received.len() < startup::LIMIT as usize;
            tokio::select! {
                biased;
                answered = std::future::poll_fn(|cx| turn.poll(cx)) => return match answered {
                    Ok(Ok(lease)) => Ok(lease),
                    Ok(Err(refusal)) => Err(Failure::Refused(refusal)),
                    Err(_) if pool.is_retired() => {
                        Err(Refusal::database_removed(&pool.database).into())
                    }
                    Err(_) => Err(Refusal::shutting_down().into()),
                },
                refusal = &mut leaves => return Err(Failure::Refused(refusal)),
                more = self.more(), if reads => more?,
            }
        }
    }

    /// The body of the client's next password message.
    async fn password(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            if let Some((tag, body, rest)) = frame::split(&self.received, PASSWORD_LIMIT)? {
                if tag == frontend::TERMINATE {
                    return Err(Failure::Gone);
                }
                if tag != frontend::PASSWORD {
                    return Err(Refusal::login_protocol("expected a password message").into());
                }
                let (body, left) = (body.to_vec(), rest.len());
                self.received.drain(..self.received.len() - left);
                return Ok(body);
            }
            self.more().await?;
        }
    }

    async fn ask(&mut self, request: &Authentication<'_>) -> Result<(), Failure> {
        let mut out = Vec::new();
        backend::put_authentication(&mut out, request);
        Ok(self.stream.write_all(&out).await?)
    }

    async fn authenticate(
        &mut self,
        context: &Context,
        name: &str,
        identified: &Identified,
    ) -> Result<(), Failure> {
        let user = identified.user.as_deref();
        let stored = user.and_then(|user| user.stored.as_ref());
        let auth_type = context.common.configuration().auth_type;
        let has_scram = match stored {
            Some(stored) => matches!(stored, StoredPassword::Scram(_)),
            // As for most that can be found, so that the question does not tell who is there.
            None => identified.is_looked_up,
        };
        let is_right = match auth_type {
            AuthType::Trust => user.is_some(),
            AuthType::Cert => self.has_certificate_of(name)? && user.is_some(),
            AuthType::Plain => {
                self.ask(&Authentication::Cleartext).await?;
                let body = self.password().await?;
                let given = frontend::password(&body)?;
                stored.is_some_and(|stored| stored.verify_plain(name, given))
            }
            AuthType::Md5 if !has_scram => {
                let salt = secure_random::<4>().map_err(|error| broken(&error))?;
                self.ask(&Authentication::Md5(salt)).await?;
                let body = self.password().await?;
                let given = frontend::password(&body)?;
                let expected = user.and_then(User::md5);
                let hash = expected.clone().unwrap_or_else(|| md5_password(name, &salt));
                verify_md5_response(&hash, salt, given) && expected.is_some()
            }
            AuthType::Md5 | AuthType::Scram => self.scram(context, name, user).await?,
        };
        if is_right {
            return Ok(());
        }
        tracing::warn!(user = name, "client login refused: wrong password or unknown user");
        let is_sasl = auth_type == AuthType::Scram || (auth_type == AuthType::Md5 && has_scram);
        Err(match auth_type {
            AuthType::Trust => Refusal::trust_failed(name),
            _ if is_sasl => Refusal::sasl_failed(name),
            _ => Refusal::authentication_failed(name),
        }
        .into())
    }
}

fn broken(error: &AuthenticationError) -> Failure {
    Refusal::authentication(error).into()
}
