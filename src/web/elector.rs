//! The elector's pages: card, ballot, receipt.
//!
//! Templates stand in `web/templates/elector`, messages in `web/messages/*/elector.ftl`.

use super::Page;
use super::public::Head;
use askama::Template;

/// The entrance.
#[derive(Debug, Template)]
#[template(path = "elector/index.html")]
pub struct Index {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
}
