//! The organiser's pages: intake, screening, list, announcement.
//!
//! Templates stand in `web/templates/organiser`, messages in `web/messages/*/organiser.ftl`.

use super::Page;
use super::public::Head;
use askama::Template;

/// The entrance.
#[derive(Debug, Template)]
#[template(path = "organiser/index.html")]
pub struct Index {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
}
