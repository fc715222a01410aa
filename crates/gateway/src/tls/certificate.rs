//! What a certificate says: whose it is, until when, and the hash that SCRAM binds a channel with.

use std::net::IpAddr;

use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::{ContextSpecific, ObjectIdentifier};
use x509_cert::der::{Decode, Encode, SliceReader, TagNumber};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};
use x509_cert::spki::AlgorithmIdentifierOwned;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// Hash functions that signatures are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// The hash of each signature algorithm; SHA-256 stands in for MD5 and SHA-1 (RFC 5929, section 4.1).
const SIGNATURES: [(&str, Hash); 15] = [
    ("1.2.840.113549.1.1.4", Hash::Sha256),   // RSA with MD5
    ("1.2.840.113549.1.1.5", Hash::Sha256),   // RSA with SHA-1
    ("1.2.840.113549.1.1.11", Hash::Sha256),  // RSA with SHA-256
    ("1.2.840.113549.1.1.12", Hash::Sha384),  // RSA with SHA-384
    ("1.2.840.113549.1.1.13", Hash::Sha512),  // RSA with SHA-512
    ("1.2.840.113549.1.1.14", Hash::Sha224),  // RSA with SHA-224
    ("1.2.840.10045.4.1", Hash::Sha256),      // ECDSA with SHA-1
    ("1.2.840.10045.4.3.1", Hash::Sha224),    // ECDSA with SHA-224
    ("1.2.840.10045.4.3.2", Hash::Sha256),    // ECDSA with SHA-256
    ("1.2.840.10045.4.3.3", Hash::Sha384),    // ECDSA with SHA-384
    ("1.2.840.10045.4.3.4", Hash::Sha512),    // ECDSA with SHA-512
    ("1.2.840.10040.4.3", Hash::Sha256),      // DSA with SHA-1
    ("2.16.840.1.101.3.4.3.1", Hash::Sha224), // DSA with SHA-224
    ("2.16.840.1.101.3.4.3.2", Hash::Sha256), // DSA with SHA-256
    ("2.16.840.1.101.3.4.3.3", Hash::Sha384), // DSA with SHA-384
];

/// The same for hash functions by themselves, which RSA-PSS names apart.
const HASHES: [(&str, Hash); 6] = [
    ("1.2.840.113549.2.5", Hash::Sha256),
    ("1.3.14.3.2.26", Hash::Sha256),
    ("2.16.840.1.101.3.4.2.4", Hash::Sha224),
    ("2.16.840.1.101.3.4.2.1", Hash::Sha256),
    ("2.16.840.1.101.3.4.2.2", Hash::Sha384),
    ("2.16.840.1.101.3.4.2.3", Hash::Sha512),
];

/// A certificate that has been read, not checked.
#[derive(Debug)]
pub struct Facts {
    parsed: CertificateInner<Raw>,
    /// `tls-server-end-point`; absent for signatures that have no hash of their own, such as Ed25519's.
    pub end_point: Option<Vec<u8>>,
    /// First second of its validity, since 1970.
    pub not_before: u64,
    /// Last second of its validity, since 1970.
    pub not_after: u64,
}

impl Facts {
    /// Read a certificate; `None` for what is none.
    pub fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let parsed = CertificateInner::<Raw>::from_der(certificate).ok()?;
        let validity = parsed.tbs_certificate().validity();
        let (not_before, not_after) = (
            validity.not_before.to_unix_duration().as_secs(),
            validity.not_after.to_unix_duration().as_secs(),
        );
        let end_point = hash_of(parsed.signature_algorithm()).map(|hash| match hash {
            Hash::Sha224 => Sha224::digest(certificate).to_vec(),
            Hash::Sha256 => Sha256::digest(certificate).to_vec(),
            Hash::Sha384 => Sha384::digest(certificate).to_vec(),
            Hash::Sha512 => Sha512::digest(certificate).to_vec(),
        });
        Some(Self { parsed, end_point, not_before, not_after })
    }

    /// The first common name of its subject.
    pub fn common_name(&self) -> Option<String> {
        let mut attributes = self.parsed.tbs_certificate().subject().iter();
        let found = attributes.find(|attribute| attribute.oid == COMMON_NAME)?;
        let name = DirectoryString::try_from(&found.value).ok()?.value().into_owned();
        // What C reads up to a zero byte is not what was signed.
        (!name.is_empty() && !name.contains('\0')).then_some(name)
    }

    /// Its subject, as a person would write it.
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// Its public key.
    pub fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'static>> {
        let key = self.parsed.tbs_certificate().subject_public_key_info().to_der().ok()?;
        Some(key.into())
    }

    /// Whether its common name stands for this host, which counts only where no host is named in the place
    /// meant for that.
    pub fn common_name_is(&self, host: &str) -> bool {
        !self.names_hosts()
            && self.common_name().is_some_and(|name| {
                let is_address = host.parse::<IpAddr>().is_ok();
                name.eq_ignore_ascii_case(host) || (!is_address && is_wildcard_for(&name, host))
            })
    }

    fn names_hosts(&self) -> bool {
        match self.parsed.tbs_certificate().get_extension::<SubjectAltName>() {
            Ok(None) => false,
            Ok(Some((_, names))) => names
                .0
                .iter()
                .any(|name| matches!(name, GeneralName::DnsName(_) | GeneralName::IpAddress(_))),
            // Names that cannot be read may be hosts'.
            Err(_) => true,
        }
    }
}

/// Whether `pattern` is `*.` and what follows the first label of `host`.
fn is_wildcard_for(pattern: &str, host: &str) -> bool {
    match (pattern.strip_prefix("*."), host.split_once('.')) {
        (Some(rest), Some((label, domain))) => {
            !label.is_empty() && rest.contains('.') && rest.eq_ignore_ascii_case(domain)
        }
        _ => false,
    }
}

fn hash_of(algorithm: &AlgorithmIdentifierOwned) -> Option<Hash> {
    if algorithm.oid != RSA_PSS {
        return find(&SIGNATURES, algorithm.oid);
    }
    let parameters = algorithm.parameters.as_ref()?;
    let mut reader = SliceReader::new(parameters.value()).ok()?;
    let hash =
        ContextSpecific::<AlgorithmIdentifierOwned>::decode_explicit(&mut reader, TagNumber(0))
            .ok()?;
    match hash {
        Some(hash) => find(&HASHES, hash.value.oid),
        // SHA-1 where nothing is said.
        None => Some(Hash::Sha256),
    }
}

fn find(table: &[(&str, Hash)], wanted: ObjectIdentifier) -> Option<Hash> {
    let wanted = wanted.to_string();
    table.iter().find(|(oid, _)| *oid == wanted).map(|(_, hash)| *hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_is_one() {
        for (oid, _) in SIGNATURES.iter().chain(&HASHES) {
            assert!(ObjectIdentifier::new(oid).is_ok(), "{oid}");
        }
    }

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, host, is_match) in [
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "DB.EXAMPLE.COM", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.com", "example.com", false),
            ("d*.example.com", "db.example.com", false),
            ("*", "db", false),
        ] {
            assert_eq!(is_wildcard_for(pattern, host), is_match, "{pattern} {host}");
        }
    }

    #[test]
    fn garbage_is_no_certificate() {
        for bytes in [&b""[..], b"\x30\x00", b"\x30\x82\xff\xff", b"garbage"] {
            assert!(Facts::read(&CertificateDer::from(bytes)).is_none());
        }
    }
}
