//! A whole competition, played by its actors with their own keys: the main job, and the tests' story.
//!
//! The story never skips a rule: it moves the office's clock and sends signed statements, like everybody. Whatever it
//! draws by chance comes from a seed, but keys and nonces come from the system's generator, unless a test asks for a seed.

pub mod cast;
pub mod desk;
pub mod memory;
#[cfg(feature = "server")]
pub mod remote;
pub mod scene;
pub mod story;

pub use desk::{Answer, Desk, Turned, View};
pub use memory::MemoryOffice;
#[cfg(feature = "server")]
pub use remote::RemoteOffice;
pub use scene::Scene;
pub use story::{Plan, Story};
