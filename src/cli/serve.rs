//! `esep serve`: verifies the record, then answers over HTTP until it is told to stop.

use super::office::{Folder, Place, clock, start_failure, store_failure};
use super::{cannot_tell, print, talk, usage};
use crate::clerk::Clerk;
use crate::config::{Config, log_filter};
use crate::documents::Documents;
use crate::http;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// Serve an office over HTTP; put a TLS proxy before it.
///
/// Everything stored is verified first, and a record that does not hold is refused with words that say what to do
/// next. The address is printed on standard output once connections are taken. Ends on SIGINT or SIGTERM, after
/// answering what waits.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  esep serve --data /var/lib/esep --listen 127.0.0.1:8080")]
pub struct Serve {
    #[command(flatten)]
    folder: Folder,
    /// Where to listen [env: ESEP_LISTEN] [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Rehearsals only: take the time from this file (2026-11-23T04:00:00Z), read anew at every use.
    #[arg(long, value_name = "FILE")]
    rehearsal_clock: Option<PathBuf>,
}

impl Serve {
    /// Serves until told to stop.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        crate::telemetry::start(&log_filter());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.serve())
    }

    async fn serve(self) -> anyhow::Result<ExitCode> {
        let Place {
            folder,
            config,
            office,
            database,
        } = self.folder.open()?;
        let clock = clock(&office, self.rehearsal_clock.as_deref())?;
        let address = config.listen(self.listen).map_err(|error| usage(error.to_string()))?;
        let store = database.open().await.map_err(store_failure)?;
        let rehearsal = office.rehearsal;
        let clerk = Clerk::open(office, store.clone(), &folder, clock)
            .await
            .map_err(start_failure)?;
        let documents = Documents::open(&folder, store.clone(), config.limits())
            .await
            .map_err(|error| cannot_tell(format!("{}: {error}", folder.display())))?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| cannot_tell(format!("{address}: {error}")))?;
        let settings = settings(&config);
        let router = http::router(clerk.clone(), documents, settings.clone());
        let told = told_to_stop()?;
        print(format!("http://{}\n", listener.local_addr()?))?;
        let marked = if rehearsal { " (rehearsal)" } else { "" };
        talk(format_args!(
            "{} competitions verified; serving {}{marked}",
            clerk.list().len(),
            config.host
        ));
        http::serve(listener, router, &settings, told).await;
        clerk.stop().await;
        store.close().await;
        talk("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

fn settings(config: &Config) -> http::Settings {
    let own_pages = vec![format!("https://{}", config.host)];
    // A rehearsal on one machine is one address.
    let default = http::Settings::default();
    let rates = if config.rehearsal { None } else { default.rates };
    http::Settings {
        own_pages,
        proxies: config.proxies.clone(),
        rates,
        ..default
    }
}

/// Ready when the process is asked to end. The handlers are in place when this returns.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
