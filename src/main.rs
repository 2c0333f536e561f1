//! The map of the commands.

use clap::{Parser, Subcommand};
use esep::cli;
use std::process::ExitCode;

/// Runs a rating-vote competition and proves its result.
///
/// Data goes to standard output, talk to standard error. Exit code: 0 done or proved, 1 checked and wrong, 2 wrong
/// usage, 3 could not tell (something missing or unreadable), 4 refused by rules or rights.
#[derive(Debug, Parser)]
#[command(name = "esep", version, max_term_width = 100)]
struct Esep {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    // -- offline: keys, cards, statements ---------------------------------------------------------
    Keygen(cli::keygen::Keygen),
    Enrol(cli::enrol::Enrol),
    Cards(cli::cards::Cards),
    Statement(cli::statement::Statement),
    Sign(cli::sign::Sign),
    // -- offline: checking and counting -----------------------------------------------------------
    Verify(cli::verify::Verify),
    Tally(cli::tally::Tally),
    VerifyReceipt(cli::verify_receipt::VerifyReceipt),
    // -- feature "server" -------------------------------------------------------------------------
    #[cfg(feature = "server")]
    Post(cli::post::Post),
    #[cfg(feature = "server")]
    Fetch(cli::fetch::Fetch),
    #[cfg(feature = "server")]
    Demo(cli::demo::Demo),
    #[cfg(feature = "server")]
    Init(cli::init::Init),
    #[cfg(feature = "server")]
    Serve(cli::serve::Serve),
    #[cfg(feature = "server")]
    Migrate(cli::migrate::Migrate),
    #[cfg(feature = "server")]
    Copy(cli::copy::Copy),
    #[cfg(feature = "server")]
    Export(cli::export::Export),
    #[cfg(feature = "server")]
    Backup(cli::backup::Backup),
    #[cfg(feature = "server")]
    Doctor(cli::doctor::Doctor),
}

fn main() -> ExitCode {
    cli::finish(match Esep::parse().command {
        Command::Keygen(command) => command.run(),
        Command::Enrol(command) => command.run(),
        Command::Cards(command) => command.run(),
        Command::Statement(command) => command.run(),
        Command::Sign(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Tally(command) => command.run(),
        Command::VerifyReceipt(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Post(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Fetch(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Demo(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Init(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Serve(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Migrate(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Copy(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Export(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Backup(command) => command.run(),
        #[cfg(feature = "server")]
        Command::Doctor(command) => command.run(),
    })
}
