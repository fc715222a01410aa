//! One thread with a runtime of its own, and the clients and servers whose sockets that runtime watches.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::StartError;
use crate::gateway::{Context, Phase};
use crate::janitor;
use crate::listener::{self, Bound};

thread_local! {
    static CURRENT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Index of the worker whose thread this is; an index that no worker has on any other thread.
pub fn current() -> usize {
    CURRENT.get()
}

/// A worker that does not run yet.
#[derive(Debug)]
pub struct Worker {
    index: usize,
    runtime: Runtime,
}

impl Worker {
    /// Make the runtime.
    pub fn new(index: usize) -> Result<Self, StartError> {
        let runtime = Builder::new_current_thread()
            // No timers: see `deadline`.
            .enable_io()
            .build()
            .map_err(|source| StartError::Worker { worker: index, source })?;
        Ok(Self { index, runtime })
    }
}

/// Hands out clients to the worker that has fewest.
#[derive(Debug)]
pub struct Dispatcher {
    workers: Vec<(Handle, Arc<AtomicUsize>)>,
}

/// A worker that has been chosen for a client.
#[derive(Debug)]
pub struct Choice<'a> {
    /// Index of the worker.
    pub index: usize,
    /// Its runtime.
    pub runtime: &'a Handle,
    /// To be held while the client is there.
    pub held: Held,
}

impl Dispatcher {
    /// The worker with the fewest clients.
    pub fn choose(&self) -> Option<Choice<'_>> {
        let (index, (runtime, count)) = self
            .workers
            .iter()
            .enumerate()
            .min_by_key(|(_, (_, count))| count.load(Ordering::Relaxed))?;
        Some(Choice { index, runtime, held: Held::new(count) })
    }
}

/// Counts one for as long as it lives.
#[derive(Debug)]
pub struct Held(Arc<AtomicUsize>);

impl Held {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Start the janitor and every worker; the first also runs the listeners.
pub fn start(
    workers: Vec<Worker>,
    context: &Arc<Context>,
    bound: Vec<Bound>,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let dispatcher = Arc::new(Dispatcher {
        workers: workers
            .iter()
            .map(|worker| (worker.runtime.handle().clone(), Arc::default()))
            .collect(),
    });
    if let Some(first) = workers.first() {
        for listener in bound {
            first.runtime.spawn(listener::accept(
                listener,
                Arc::clone(context),
                Arc::clone(&dispatcher),
            ));
        }
    }
    let runtimes = workers.iter().map(|worker| worker.runtime.handle().clone()).collect();
    // Set once, here.
    let _ = context.common.runtimes.set(runtimes);
    let janitor = janitor::start(Arc::clone(context))
        .map_err(|source| StartError::Worker { worker: workers.len(), source })?;
    let mut threads = vec![janitor];
    for Worker { index, runtime } in workers {
        let context_of_thread = Arc::clone(context);
        let thread =
            std::thread::Builder::new().name(format!("forebay-{index}")).spawn(move || {
                CURRENT.set(index);
                runtime.block_on(until_stopped(&context_of_thread));
                context_of_thread.close_idle();
                // Tasks end here; a server they hold is closed with a Terminate.
                drop(runtime);
            });
        match thread {
            Ok(thread) => threads.push(thread),
            Err(source) => {
                context.advance(Phase::Stopping);
                return Err(StartError::Worker { worker: index, source });
            }
        }
    }
    Ok(threads)
}

async fn until_stopped(context: &Context) {
    loop {
        let changed = context.phase_changed.notified();
        if context.common.phase() == Phase::Stopping {
            return;
        }
        changed.await;
    }
}
