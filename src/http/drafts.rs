//! stub
use schemars::JsonSchema;
use serde::Serialize;
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {}
pub async fn list() {}
pub async fn begin() {}
pub async fn one() {}
pub async fn sign() {}
pub async fn withdraw() {}
