//! What the pages say and show, without a network: languages, messages, dates and numbers in words, templates, assets.
//!
//! A page explains rules and never is one: everything here is computed from a competition's state that comes in as a
//! value. No text that people read stands in code, templates or scripts; it stands in `web/messages`, in three
//! languages, Kyrgyz first. Specification of the looks: `web/css/base.css` and the page `/styleguide`.

pub mod assets;
pub mod association;
pub mod elector;
pub mod export;
pub mod format;
pub mod language;
pub mod member;
pub mod observer;
pub mod organiser;
pub mod page;
pub mod public;
pub mod sort;
pub mod words;

pub use language::Lang;
pub use page::Page;
pub use words::{Arg, Said};
