//! `/metrics`, `/livez` and `/readyz`: a small HTTP server on a thread of its own.
//!
//! # Invariant
//! Nothing that is sent to it reaches a worker, and it holds little: a bounded number of connections, each for one
//! request with a bounded head, for a bounded time.

mod budget;
mod exporter;
mod health;
mod listeners;
mod own;
mod process;
mod text;
mod view;

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::configuration::{Configuration, MetricsNames};
use crate::error::StartError;
use crate::gateway::{Context, Phase};
use text::Page;

/// Connections at once; the kernel's queue holds more until one ends.
const CONNECTIONS: usize = 128;

/// Longest that the head of a request may take, so that who says nothing soon makes room.
const HEAD_PATIENCE: Duration = Duration::from_secs(1);

/// Longest that a connection may last, from its first byte to the last of the answer.
const CONNECTION_LIMIT: Duration = Duration::from_secs(5);

/// Largest head of a request, in bytes. The smallest that the library can be told.
const HEAD_LIMIT: usize = 8192;

/// Most header fields of a request.
const FIELDS_LIMIT: usize = 64;

/// Pause after an accept failed, for want of file descriptors usually.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The version in the figures.
fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A listening socket for figures.
#[derive(Debug)]
pub struct Bound {
    listener: StdTcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Listen where `metrics_listen` says: `host:port`, or a port of 127.0.0.1; `None` when it is empty.
///
/// # Errors
/// [`StartError::Metrics`] when that address cannot be had.
pub fn bind(configuration: &Configuration) -> Result<Option<Bound>, StartError> {
    let address = configuration.metrics_listen.as_str();
    if address.is_empty() {
        return Ok(None);
    }
    let bound = match address.parse::<u16>() {
        Ok(port) => StdTcpListener::bind(("127.0.0.1", port)),
        Err(_) => StdTcpListener::bind(address),
    };
    let listen = |listener: StdTcpListener| {
        listener.set_nonblocking(true)?;
        Ok(Bound { address: listener.local_addr()?, listener })
    };
    let failed = |source| StartError::Metrics { address: address.to_owned(), source };
    bound.and_then(listen).map(Some).map_err(failed)
}

/// Answer until the gateway stops.
pub fn start(bound: Bound, context: Arc<Context>) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("forebay-metrics".to_owned()).spawn(move || {
        let serving = async {
            match TcpListener::from_std(bound.listener) {
                Ok(listener) => accept(listener, &context).await,
                Err(error) => tracing::error!(%error, "cannot watch the metrics socket"),
            }
        };
        runtime.block_on(serving);
    })
}

async fn accept(listener: TcpListener, context: &Arc<Context>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let changed = context.phase_changed.notified();
        if context.common.phase() == Phase::Stopping {
            return;
        }
        let next = async {
            // Never closed, so a place always comes.
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            next = next => next,
            () = changed => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                let context = Arc::clone(context);
                tokio::spawn(async move {
                    serve(stream, context).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::error!(%error, "cannot accept a connection for metrics; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, context: Arc<Context>) {
    let service = service_fn(|request| {
        let context = Arc::clone(&context);
        async move { Ok::<_, Infallible>(answer(&request, &context).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .keep_alive(false)
        .max_buf_size(HEAD_LIMIT)
        .max_headers(FIELDS_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    // Whatever goes wrong is the other side's affair: the library has answered what could be answered.
    let _ = tokio::time::timeout(CONNECTION_LIMIT, connection).await;
}

async fn answer(request: &Request<Incoming>, context: &Arc<Context>) -> Response<String> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.uri().path() {
        "/metrics" | "/livez" | "/readyz" if !is_read => {
            let mut response =
                plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
            response
                .headers_mut()
                .insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
            response
        }
        "/metrics" => {
            let mut response = plain(StatusCode::OK, metrics(context));
            let value = hyper::header::HeaderValue::from_static(text::CONTENT_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, value);
            response
        }
        "/livez" => verdict(&health::live(context).await),
        "/readyz" => verdict(&health::ready(context)),
        _ => plain(StatusCode::NOT_FOUND, "there are /metrics, /livez and /readyz\n"),
    }
}

/// The page of figures under the names that the configuration asks for.
pub fn metrics(context: &Arc<Context>) -> String {
    let mut page = Page::default();
    match context.common.configuration().metrics_names {
        MetricsNames::Forebay => own::put(&mut page, context),
        MetricsNames::PgbouncerExporter => exporter::put(&mut page, context),
    }
    page.into_text()
}

fn verdict(problems: &[String]) -> Response<String> {
    if problems.is_empty() {
        return plain(StatusCode::OK, "ok\n");
    }
    plain(StatusCode::SERVICE_UNAVAILABLE, problems.join("\n") + "\n")
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<String> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let value = hyper::header::HeaderValue::from_static;
    headers.insert(CONTENT_TYPE, value("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, value("no-store"));
    response
}
