//! The association's pages: nominate, follow, amend, withdraw, appeal.
//!
//! Templates stand in `web/templates/association`, messages in `web/messages/*/association.ftl`.

use super::Page;
use super::public::Head;
use askama::Template;

/// The entrance.
#[derive(Debug, Template)]
#[template(path = "association/index.html")]
pub struct Index {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
}
