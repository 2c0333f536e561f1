//! The service as `serve` runs it, for a bench: its limiter counts, but lets everyone through; its access log is off.

use crate::office::House;
use axum::Router;
use esep::documents::Limits;
use esep::http::{Rate, Rates, Settings, router, serve};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The office on a port of its own.
pub fn office(house: &House) -> SocketAddr {
    let wide = Rate {
        per_minute: u32::MAX,
        burst: u32::MAX,
    };
    let rates = Rates {
        read: wide,
        statement: wide,
        write: wide,
        session: wide,
    };
    let settings = Settings {
        rates: Some(rates),
        ..Settings::default()
    };
    let router = router(house.clerk(), house.documents(Limits::default()), settings.clone());
    let (listener, address) = listen(house);
    house.spawn(async move { serve(listener, router, &settings, std::future::pending()).await });
    address
}

/// A bare router on the same runtime.
pub fn bare(house: &House, router: Router) -> SocketAddr {
    let (listener, address) = listen(house);
    house.spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn listen(house: &House) -> (TcpListener, SocketAddr) {
    let listener = house.run(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
