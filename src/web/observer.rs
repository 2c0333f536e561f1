//! The observer's pages: checkpoints, reconciliation, findings, live feed.
//!
//! Templates stand in `web/templates/observer`, messages in `web/messages/*/observer.ftl`.

use super::Page;
use super::public::Head;
use askama::Template;

/// The entrance.
#[derive(Debug, Template)]
#[template(path = "observer/index.html")]
pub struct Index {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
}
