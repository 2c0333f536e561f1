//! The listening side: connections, header time, and an end that does not wait for ever.
//!
//! Own accept loop instead of `axum::serve`, which sets no header timeout and whose graceful shutdown has no cap: one
//! idle or trickling client would keep the process alive.

use super::Settings;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::{Service, service_fn};

/// Answers until `shutdown` is ready, then lets requests under way end, at most `settings.drain` long; event streams,
/// which would not, are told to end.
pub async fn serve<S>(listener: TcpListener, site: S, settings: &Settings, shutdown: impl Future<Output = ()>)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let (builder, graceful) = (builder(settings), GracefulShutdown::new());
    let places = Arc::new(Semaphore::new(settings.connections));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        // A place first, an accept after: what finds none waits in the kernel's queue and costs nothing here.
        let next = async {
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            (place, accept(&listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        while connections.try_join_next().is_some() {}
        let mut site = site.clone();
        let service = service_fn(move |request: axum::http::Request<_>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            site.call(request)
        });
        let connection = builder
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .into_owned();
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            // A broken connection is the client's affair: nothing to log, and the address stays unnamed.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    settings.ending.cancel();
    if tokio::time::timeout(settings.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = connections.len(), "connections cut after the drain time");
    }
    connections.shutdown().await;
}

fn builder(settings: &Settings) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(settings.header_timeout);
    builder
}

/// The next connection. Errors of `accept` are the sender's (gone again) or pass (out of descriptors): wait, go on.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and whole: waiting to fill a packet only adds latency.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) if error.raw_os_error().is_none() => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}
