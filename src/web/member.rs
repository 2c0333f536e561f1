//! The counting member's pages: what to read and sign.
//!
//! Templates stand in `web/templates/member`, messages in `web/messages/*/member.ftl`.

use super::Page;
use super::public::Head;
use askama::Template;

/// The entrance.
#[derive(Debug, Template)]
#[template(path = "member/index.html")]
pub struct Index {
    /// The frame.
    pub page: Page,
    /// Which competition.
    pub head: Head,
}
