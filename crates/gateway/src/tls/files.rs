//! Reads certificates and keys from PEM files; every refusal names the setting, the file and the rule.

use std::io;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::error::StartError;

/// A refusal that names a setting.
pub(super) fn refuse(setting: &str, problem: impl Into<String>) -> StartError {
    StartError::Tls { setting: setting.to_owned(), problem: problem.into() }
}

/// The file that a setting names, if it names one.
pub(super) fn named(path: Option<&String>) -> Option<&str> {
    path.map(String::as_str).filter(|path| !path.is_empty())
}

fn read(setting: &str, path: &str) -> Result<Zeroizing<Vec<u8>>, StartError> {
    std::fs::read(path).map(Zeroizing::new).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "this process may not read it".to_owned(),
            _ => error.to_string(),
        };
        refuse(setting, format!("cannot read {path}: {why}"))
    })
}

/// The certificates in a file, in their order; at least one.
pub(super) fn certificates(
    setting: &str,
    path: &str,
) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let text = read(setting, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found =
        found.map_err(|error| refuse(setting, format!("{path} is no valid PEM file: {error}")))?;
    if found.is_empty() {
        let problem =
            format!("{path} holds no certificate: it must be a PEM file with BEGIN CERTIFICATE");
        return Err(refuse(setting, problem));
    }
    Ok(found)
}

/// The private key in a file.
pub(super) fn key(setting: &str, path: &str) -> Result<PrivateKeyDer<'static>, StartError> {
    let text = read(setting, path)?;
    let is_encrypted = text.windows(9).any(|window| window == b"ENCRYPTED");
    if is_encrypted {
        let problem = format!(
            "the key in {path} is encrypted, and there is nobody to ask for its passphrase: store it without, as `openssl pkey` writes it, readable by this user alone"
        );
        return Err(refuse(setting, problem));
    }
    // The library's error is not repeated: it could quote what it found.
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        let problem =
            format!("{path} holds no private key: it must be a PEM file with BEGIN PRIVATE KEY");
        refuse(setting, problem)
    })
}

/// The authorities in a file, and their certificates.
pub(super) fn authorities(
    setting: &str,
    path: &str,
) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), StartError> {
    let certificates = certificates(setting, path)?;
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots
            .add(certificate.clone())
            .map_err(|error| refuse(setting, format!("a certificate in {path}: {error}")))?;
    }
    Ok((roots, certificates))
}

/// The authorities that the system trusts.
pub(super) fn system_authorities(setting: &str) -> Result<RootCertStore, StartError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Some systems ship certificates that are no longer readable; the others count.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let problem = "not set, and the system has no authorities of its own: name the file with the certificate that signed PostgreSQL's";
        return Err(refuse(setting, problem));
    }
    Ok(roots)
}
