//! Envelopes that say something else under the signatures that they have.

use esep::crypto::Envelope;
use esep::crypto::dsse::Pae;
use std::mem;

/// Says this instead.
pub fn say(envelope: &mut Envelope, payload: impl AsRef<[u8]>) {
    let signed = Pae::of(envelope.payload_type(), payload.as_ref());
    *envelope = Envelope::of(signed, mem::take(&mut envelope.signatures));
}

/// Says the same as another kind of statement.
pub fn say_as(envelope: &mut Envelope, payload_type: &str) {
    let signed = Pae::of(payload_type, envelope.payload());
    *envelope = Envelope::of(signed, mem::take(&mut envelope.signatures));
}
