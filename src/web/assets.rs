//! Files that pages refer to, embedded: style sheets, scripts, icons, and the messages that scripts need, as JSON.
//!
//! Everything stands under one path that is named by the hash of it all, so that a page always meets the scripts it
//! was written with and a browser may keep them for ever.

use super::{Lang, export};
use crate::crypto::Digest;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::LazyLock;

/// Path and bytes of every embedded file, by ascending path; made by `web/build.rs`.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A file as it is sent.
#[derive(Debug)]
pub struct Asset {
    /// Media type.
    pub media: &'static str,
    /// The bytes.
    pub bytes: Cow<'static, [u8]>,
    /// The bytes in gzip.
    pub gzip: Vec<u8>,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let files = FILES.iter().filter(|(path, _)| !path.starts_with("messages/"));
    let mut assets: BTreeMap<_, _> = files
        .map(|(path, bytes)| ((*path).to_owned(), asset(path, Cow::Borrowed(bytes))))
        .collect();
    for lang in Lang::ALL {
        for (name, text) in messages(lang) {
            let path = format!("words/{lang}/{name}.json");
            let made = asset(&path, Cow::Owned(export::json(text).into_bytes()));
            assets.insert(path, made);
        }
    }
    assets
});

/// 16 hexadecimal digits that name this version of all assets.
static RELEASE: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    for (path, asset) in ASSETS.iter() {
        text.push_str(path);
        text.push(' ');
        text.push_str(&Digest::of(&asset.bytes).to_string());
        text.push('\n');
    }
    Digest::of(text.as_bytes()).to_string()[..16].to_owned()
});

fn asset(path: &str, bytes: Cow<'static, [u8]>) -> Asset {
    let gzip = gzip(&bytes);
    Asset {
        media: media(path),
        bytes,
        gzip,
    }
}

fn media(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "mjs" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

/// Bytes in gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

/// The hash in the path of every asset.
pub fn release() -> &'static str {
    &RELEASE
}

/// The asset at this path, without release: `css/base.css`.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.get(path)
}

/// Paths of all assets.
pub fn paths() -> impl Iterator<Item = &'static str> {
    ASSETS.keys().map(|path| &path[..])
}

/// The address of an asset.
pub fn address(path: &str) -> String {
    format!("/assets/{}/{path}", release())
}

/// Name and text of every file of messages in a language: `("common", ...)`.
pub fn messages(lang: Lang) -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(move |(path, bytes)| {
        let rest = path.strip_prefix("messages/")?.strip_prefix(lang.as_str())?;
        let name = rest.strip_prefix('/')?.strip_suffix(".ftl")?;
        Some((name, std::str::from_utf8(bytes).expect("messages are UTF-8")))
    })
}
