//! Key files: PKCS#8 version 1 for private keys, SubjectPublicKeyInfo for public ones (RFC 8410), as PEM.
//!
//! Version 1 and not 2, which `openssl`, Node and Python refuse. An encrypted file is PBES2 with PBKDF2-HMAC-SHA-256
//! and AES-256-CBC, which both `openssl` and a browser can open; reading takes any PBES2 scheme of AES.

use super::key::{KeyError, PublicKey, SecretKey};
use ed25519_dalek::SigningKey;
use pkcs8::{
    DecodePrivateKey, Document, EncryptedPrivateKeyInfoRef, LineEnding, SecretDocument,
    der::{Decode, Encode},
    pkcs5::pbes2,
};
use rand::CryptoRng;
use zeroize::Zeroizing;

/// Rounds of PBKDF2-HMAC-SHA-256 in the files that we write.
pub const PBKDF2_ROUNDS: u32 = 600_000;

const PUBLIC: &str = "PUBLIC KEY";
const PRIVATE: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// SEQUENCE { SEQUENCE { id-Ed25519 }, BIT STRING of 32 bytes }
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// SEQUENCE { version 0, SEQUENCE { id-Ed25519 }, OCTET STRING { OCTET STRING of 32 bytes } }
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

pub(super) fn spki_of(key: &[u8; 32]) -> [u8; 44] {
    let mut der = [0; 44];
    der[..12].copy_from_slice(&SPKI_PREFIX);
    der[12..].copy_from_slice(key);
    der
}

pub(super) fn key_of_spki(der: &[u8]) -> Result<PublicKey, KeyError> {
    let (prefix, key) = der.split_at_checked(12).ok_or(KeyError::NotSpki)?;
    let key = key.try_into().map_err(|_| KeyError::NotSpki)?;
    if prefix != SPKI_PREFIX {
        return Err(KeyError::NotSpki);
    }
    PublicKey::from_bytes(key)
}

pub(super) fn read_public(pem: &str) -> Result<PublicKey, KeyError> {
    match Document::from_pem(pem) {
        Ok((PUBLIC, der)) => key_of_spki(der.as_bytes()),
        Ok((PRIVATE | ENCRYPTED, _)) => Err(KeyError::PrivateWherePublic),
        _ => Err(KeyError::NotPem),
    }
}

pub(super) fn write_public(key: &PublicKey) -> String {
    let der = Document::try_from(&key.to_spki_der()[..]).expect("44 bytes of DER made above");
    der.to_pem(PUBLIC, LineEnding::LF).expect("short DER fits in PEM")
}

pub(super) fn read_secret(pem: &str, passphrase: Option<&str>) -> Result<SecretKey, KeyError> {
    let (label, der) = SecretDocument::from_pem(pem).map_err(|_| KeyError::NotPem)?;
    match (label, passphrase) {
        (PRIVATE, _) => secret_of(&der),
        (ENCRYPTED, None) => Err(KeyError::PassphraseNeeded),
        (ENCRYPTED, Some(passphrase)) => {
            let sealed = EncryptedPrivateKeyInfoRef::from_der(der.as_bytes()).map_err(|_| KeyError::NotPkcs8)?;
            let opened = sealed.decrypt(passphrase).map_err(|fault| match fault {
                pkcs8::Error::EncryptedPrivateKey(
                    pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                    | pkcs8::pkcs5::Error::NoPbes1CryptSupport
                    | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. },
                ) => KeyError::UnknownEncryption,
                _ => KeyError::WrongPassphrase,
            })?;
            // A wrong passphrase may by chance leave well-formed padding around noise.
            secret_of(&opened).map_err(|_| KeyError::WrongPassphrase)
        }
        (PUBLIC, _) => Err(KeyError::PublicWherePrivate),
        _ => Err(KeyError::NotPem),
    }
}

fn secret_of(der: &SecretDocument) -> Result<SecretKey, KeyError> {
    let key = SigningKey::from_pkcs8_der(der.as_bytes()).map_err(|_| KeyError::NotPkcs8)?;
    Ok(SecretKey::from_seed(key.to_bytes()))
}

fn pkcs8_of(seed: &[u8; 32]) -> SecretDocument {
    let mut der = Zeroizing::new([0; 48]);
    der[..16].copy_from_slice(&PKCS8_PREFIX);
    der[16..].copy_from_slice(seed);
    SecretDocument::try_from(&der[..]).expect("48 bytes of DER made above")
}

pub(super) fn write_secret(seed: &[u8; 32]) -> Zeroizing<String> {
    pkcs8_of(seed)
        .to_pem(PRIVATE, LineEnding::LF)
        .expect("short DER fits in PEM")
}

pub(super) fn write_encrypted(
    seed: &[u8; 32],
    passphrase: &str,
    rng: &mut impl CryptoRng,
) -> Result<Zeroizing<String>, KeyError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut iv);
    let scheme = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ROUNDS, &salt, iv)
        .map_err(|_| KeyError::UnknownEncryption)?;
    let sealed = scheme
        .encrypt(passphrase, pkcs8_of(seed).as_bytes())
        .map_err(|_| KeyError::UnknownEncryption)?;
    let octets = pkcs8::der::asn1::OctetStringRef::new(&sealed).map_err(|_| KeyError::NotPkcs8)?;
    let file = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: scheme.into(),
        encrypted_data: octets,
    };
    let der = file.to_der().map_err(|_| KeyError::NotPkcs8)?;
    let der = SecretDocument::try_from(der).map_err(|_| KeyError::NotPkcs8)?;
    der.to_pem(ENCRYPTED, LineEnding::LF).map_err(|_| KeyError::NotPkcs8)
}
