//! What is checked of PostgreSQL's certificate under each sslmode.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::Facts;

/// Checks a server's certificate as libpq does.
#[derive(Debug)]
pub(super) struct Verifier {
    /// Whose signatures count; `None` checks nothing but that the server has the certificate's key.
    pub(super) authorities: Option<Authorities>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
pub(super) struct Authorities {
    pub(super) roots: RootCertStore,
    /// The file's certificates: a server may show one of them itself, which is how self-signed ones are used.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// `verify-full`: the certificate must bear the host's name.
    pub(super) checks_name: bool,
}

impl Authorities {
    fn check(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        now: UnixTime,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<(), Error> {
        let facts = Facts::read(certificate).ok_or(Error::from(CertificateError::BadEncoding))?;
        if self.certificates.iter().any(|known| known == certificate) {
            if now.as_secs() > facts.not_after {
                return Err(CertificateError::Expired.into());
            }
            if now.as_secs() < facts.not_before {
                return Err(CertificateError::NotValidYet.into());
            }
        } else {
            verify_server_cert_signed_by_trust_anchor(
                &ParsedCertificate::try_from(certificate)?,
                &self.roots,
                intermediates,
                now,
                algorithms.all,
            )?;
        }
        if !self.checks_name || facts.common_name_is(&host.to_str()) {
            return Ok(());
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, host)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(authorities) = &self.authorities {
            authorities.check(certificate, intermediates, host, now, &self.algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if ParsedCertificate::try_from(certificate).is_err() {
            // Certificates of version 1, which `openssl x509 -req` makes by itself, have a key all the same.
            if let Some(key) = Facts::read(certificate).and_then(|facts| facts.public_key()) {
                let algorithms = &self.algorithms;
                return verify_tls13_signature_with_raw_key(message, &key, signed, algorithms);
            }
        }
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
