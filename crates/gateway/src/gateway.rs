//! The whole: start, drain, stop, join.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

use crate::auth::users::{User, Users};
use crate::budget::Instances;
use crate::clients::Clients;
use crate::configuration::{Configuration, Database};
use crate::deadline::Deadlines;
use crate::error::StartError;
use crate::listener::{self, Bound};
use crate::log::StderrLog;
use crate::metrics;
use crate::pool::Pool;
use crate::pool::budget::Budgets;
use crate::pools::Pools;
use crate::reloader::{self, Reloader};
use crate::session;
use crate::shared_listener::SharedListeners;
use crate::statements::Statements;
use crate::stats::gateway::GatewayStats;
use crate::stats::ledger::Extract;
use crate::tls::Tls;
use crate::worker::Worker;

/// Cancel requests sent to PostgreSQL at the same time; each costs it a process.
const CANCELS_AT_ONCE: usize = 32;

/// Where a gateway is in its life. It only ever goes forward.
///
/// | from | to | by |
/// |---|---|---|
/// | Running | Closing | SHUTDOWN that waits |
/// | Running, Closing | Draining | [`Gateway::drain`] |
/// | any | Stopping | [`Gateway::stop`], the end of what is waited for, or the time limit of a drain |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Clients come in.
    Running = 0,
    /// Nobody comes in; those that are in go on.
    Closing = 1,
    /// Nobody comes in; open transactions go on, idle clients are sent away.
    Draining = 2,
    /// Everything is dropped.
    Stopping = 3,
}

/// Milliseconds since the gateway started, read without a system call.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    now: AtomicU64,
}

impl Clock {
    fn new() -> Self {
        Self { start: Instant::now(), now: AtomicU64::new(0) }
    }

    /// The time as of the janitor's last round.
    pub fn milliseconds(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// How long ago the janitor was last there.
    pub fn behind(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.milliseconds()))
    }

    /// Look at the real clock.
    pub fn advance(&self) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now.store(elapsed, Ordering::Relaxed);
    }
}

/// What everybody needs.
pub struct Common {
    /// Changes on reload, as a whole.
    configuration: ArcSwap<Configuration>,
    /// Certificates and rules for TLS; changes on reload, as a whole.
    tls: ArcSwap<Tls>,
    /// What sessions share.
    pub session: session::Shared,
    /// Every PostgreSQL, and how many connections it has to give.
    pub instances: Instances,
    /// The time.
    pub clock: Clock,
    /// Who is to be woken when.
    pub deadlines: Deadlines,
    /// The workers' runtimes.
    pub runtimes: OnceLock<Vec<Handle>>,
    /// Told when servers have gone, are to go, or may be had again.
    pub servers_changed: Notify,
    phase: AtomicU8,
}

impl std::fmt::Debug for Common {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Common").finish_non_exhaustive()
    }
}

impl Common {
    /// The configuration as of now. Cheap; not to be held while waiting for anything.
    pub fn configuration(&self) -> Guard<Arc<Configuration>> {
        self.configuration.load()
    }

    /// TLS as of now, which may be held for the length of a login.
    pub fn tls(&self) -> Arc<Tls> {
        self.tls.load_full()
    }

    /// Have every later login use these certificates and rules.
    pub fn exchange_tls(&self, tls: Tls) {
        tls.log_certificates();
        self.tls.store(Arc::new(tls));
    }

    /// The runtime of that worker, or of the first for an index that no worker has.
    pub fn runtime(&self, worker: usize) -> Option<&Handle> {
        let runtimes = self.runtimes.get()?;
        runtimes.get(worker).or_else(|| runtimes.first())
    }

    /// Where the gateway is in its life.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Running,
            1 => Phase::Closing,
            2 => Phase::Draining,
            _ => Phase::Stopping,
        }
    }
}

/// Everything a client's task needs.
#[derive(Debug)]
pub struct Context {
    /// What everybody needs.
    pub common: Arc<Common>,
    /// Who may come in; changes on reload.
    users: ArcSwap<Users>,
    /// Who is connected.
    pub clients: Clients,
    /// Bounds cancel requests under way.
    pub cancel_permits: Semaphore,
    /// Where a new configuration comes from.
    pub reloader: Reloader,
    /// Tasks that ended in a panic.
    pub panics: AtomicUsize,
    /// What all pools together have done, and what no pool has.
    pub stats: GatewayStats,
    /// Clients sent away by a drain.
    pub drained: AtomicUsize,
    /// An operator has asked for the end.
    pub is_asked_to_end: AtomicBool,
    /// What several pools share.
    pub budgets: Budgets,
    /// Every pool.
    pub(crate) pools: Pools,
    /// Who listens for clients that hold no server.
    pub listeners: Arc<SharedListeners>,
    reloading: Mutex<()>,
    /// Told when the phase changes.
    pub phase_changed: Notify,
}

impl Context {
    /// The pool for a database and a user, made when first asked for; `None` without such a database.
    pub fn pool(&self, name: &str, user: &str) -> Option<Arc<Pool>> {
        let log_in_as = |database: &Database| database.user.as_deref().unwrap_or(user).to_owned();
        self.pools.get(name, log_in_as, &self.common, &self.budgets, || self.users())
    }

    /// The pool of that user itself, whoever the database's clients become.
    pub(crate) fn pool_of(&self, name: &str, user: &str) -> Option<Arc<Pool>> {
        self.pools.get(name, |_| user.to_owned(), &self.common, &self.budgets, || self.users())
    }

    /// Keep what `auth_query` has said of a user that has logged in to a database with it.
    pub(crate) fn keep_found(&self, database: &str, user: &Arc<User>) {
        let users = self.users();
        if users.keep(database, user) {
            let configuration = || Arc::clone(&self.common.configuration());
            self.pools.renew(database, user.name(), configuration, &users);
        }
    }

    /// Make the pools that are to have servers before anybody comes.
    pub fn make_ready(&self) {
        let configuration = self.common.configuration();
        for database in &configuration.databases {
            let minimum = database.min_pool_size.unwrap_or(configuration.min_pool_size);
            if let Some(user) = database.user.as_deref().filter(|_| minimum > 0)
                && database.name != "*"
            {
                self.pool(&database.name, user);
            }
        }
    }

    /// Every pool there is, in order of name.
    pub fn pools(&self) -> Vec<Arc<Pool>> {
        self.pools.all()
    }

    /// What has been done in all pools, and in those that are gone.
    pub fn extract(&self) -> Extract {
        self.pools.extract()
    }

    /// Who may come in, as of now.
    pub fn users(&self) -> Arc<Users> {
        self.users.load_full()
    }

    /// Held while a reload is under way.
    pub(crate) fn reloading(&self) -> MutexGuard<'_, ()> {
        self.reloading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Exchange what a reload brings.
    pub(crate) fn exchange(&self, users: &Arc<Users>, configuration: &Arc<Configuration>) {
        self.users.store(Arc::clone(users));
        self.common.configuration.store(Arc::clone(configuration));
    }

    /// Close every server at rest.
    pub fn close_idle(&self) {
        for pool in self.pools() {
            pool.close_idle();
        }
    }

    /// Go on to `phase`; going back is not possible and changes nothing.
    pub fn advance(&self, phase: Phase) {
        let before = self.common.phase.fetch_max(phase as u8, Ordering::SeqCst);
        if before < phase as u8 {
            self.phase_changed.notify_waiters();
            self.common.servers_changed.notify_waiters();
            self.clients.wake_all();
        }
    }
}

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    context: Arc<Context>,
    addresses: Vec<String>,
    metrics_address: Option<SocketAddr>,
    /// Unix sockets, and which file each was.
    socket_paths: Vec<(PathBuf, Option<listener::FileIdentity>)>,
    finished: Arc<Finished>,
}

/// Tells when every worker has ended.
#[derive(Debug, Default)]
struct Finished {
    is_finished: Mutex<bool>,
    changed: Condvar,
}

impl Gateway {
    /// Listen on every configured address and start the workers.
    ///
    /// # Errors
    /// [`StartError`]: nothing listens and no thread runs then.
    pub fn start(configuration: Configuration) -> Result<Self, StartError> {
        Self::start_with(configuration, None)
    }

    /// [`Gateway::start`], with somebody to ask for a new configuration when an operator wants one.
    ///
    /// # Errors
    /// [`StartError`]: nothing listens and no thread runs then.
    pub fn start_with(
        configuration: Configuration,
        on_reload: Option<reloader::Callback>,
    ) -> Result<Self, StartError> {
        StderrLog::new(&configuration.log_level, configuration.log_format).install();
        let tls = Tls::from_configuration(&configuration)?;
        tls.log_certificates();
        let bound = listener::bind(&configuration)?;
        let metrics = metrics::bind(&configuration)?;
        let users = Users::new(&configuration.users)
            .map_err(|error| StartError::Configuration { message: error.to_string() })?;
        let worker_count = configuration.workers;
        let session = session::Shared {
            statements: Statements::with_secret_names()
                .map_err(|error| StartError::Configuration { message: error.to_string() })?,
            max_prepared_statements: configuration.max_prepared_statements.into(),
            max_packet_size: configuration.max_packet_size.into(),
            disable_pqexec: configuration.disable_pqexec.into(),
            ..session::Shared::default()
        };
        let listeners = SharedListeners::new()
            .map_err(|error| StartError::Configuration { message: error.to_string() })?;
        let common = Arc::new(Common {
            configuration: ArcSwap::from_pointee(configuration),
            tls: ArcSwap::from_pointee(tls),
            session,
            instances: Instances::default(),
            clock: Clock::new(),
            deadlines: Deadlines::default(),
            runtimes: OnceLock::new(),
            servers_changed: Notify::new(),
            phase: AtomicU8::new(Phase::Running as u8),
        });
        let context = Arc::new(Context {
            common,
            users: ArcSwap::from_pointee(users),
            clients: Clients::default(),
            cancel_permits: Semaphore::new(CANCELS_AT_ONCE),
            reloader: Reloader::new(on_reload),
            panics: AtomicUsize::new(0),
            stats: GatewayStats::default(),
            drained: AtomicUsize::new(0),
            is_asked_to_end: AtomicBool::new(false),
            budgets: Budgets::default(),
            pools: Pools::default(),
            listeners: Arc::new(listeners),
            reloading: Mutex::default(),
            phase_changed: Notify::new(),
        });
        let workers: Vec<Worker> =
            (0..worker_count).map(Worker::new).collect::<Result<_, StartError>>()?;
        let addresses = bound.iter().map(Bound::address).collect();
        let paths = bound.iter().filter_map(Bound::path);
        let socket_paths = paths.map(|path| (path.clone(), listener::identity(&path))).collect();
        let mut threads = crate::worker::start(workers, &context, bound)?;
        let metrics_address = metrics.as_ref().map(|metrics| metrics.address);
        if let Some(metrics) = metrics {
            match metrics::start(metrics, Arc::clone(&context)) {
                Ok(thread) => threads.push(thread),
                Err(source) => {
                    context.advance(Phase::Stopping);
                    return Err(StartError::Worker { worker: worker_count, source });
                }
            }
        }
        let finished = Arc::new(Finished::default());
        watch(threads, Arc::clone(&context), Arc::clone(&finished));
        Ok(Self { context, addresses, metrics_address, socket_paths, finished })
    }

    /// What the administrator's commands are called on.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Where clients can connect: `127.0.0.1:6432`, or the path of a unix socket.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Stop accepting, let transactions end, send idle clients away, and stop after `shutdown_timeout` at the
    /// latest. Returns at once.
    pub fn drain(&self) {
        self.context.advance(Phase::Draining);
    }

    /// Drop everything. Returns at once.
    pub fn stop(&self) {
        self.context.advance(Phase::Stopping);
    }

    /// Wait until every worker has ended; `false` when `timeout` passed first.
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        let guard = self.finished.is_finished.lock().unwrap_or_else(PoisonError::into_inner);
        let is_running = |finished: &mut bool| !*finished;
        match timeout {
            None => {
                let waited = self.finished.changed.wait_while(guard, is_running);
                *waited.unwrap_or_else(PoisonError::into_inner)
            }
            Some(timeout) => {
                let waited = self.finished.changed.wait_timeout_while(guard, timeout, is_running);
                *waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Where metrics are answered, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// What is going on, as JSON.
    pub fn statistics(&self) -> String {
        crate::stats::json::write(&self.context, self.metrics_address)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop();
        self.join(None);
        for (path, identity) in &self.socket_paths {
            // A successor may have put its own there.
            if listener::identity(path) == *identity {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Wait for the workers on a thread of its own, so that any number of callers can wait for that.
fn watch(threads: Vec<JoinHandle<()>>, context: Arc<Context>, finished: Arc<Finished>) {
    std::thread::spawn(move || {
        for thread in threads {
            // A worker that panicked has ended too; the panic is in the log.
            let _ = thread.join();
        }
        // Servers that tasks gave back as they were dropped.
        context.close_idle();
        context.common.instances.close();
        context.reloader.forget();
        *finished.is_finished.lock().unwrap_or_else(PoisonError::into_inner) = true;
        finished.changed.notify_all();
    });
}
