//! Certificates and rules for TLS on both sides, read from a configuration as a whole or not at all.
//!
//! # Invariant
//! A [`Tls`] is complete: every file it needs has been read and fits the others. What a reload cannot read
//! never replaces what works.

mod certificate;
mod files;
mod negotiate;
mod options;
mod verify;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::client::{Resumption, UnbufferedClientConnection};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, IpAddr, Ipv4Addr, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, UnbufferedServerConnection, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ServerConfig};

use crate::configuration::{AuthType, Configuration, SslMode};
use crate::error::StartError;
use crate::stream::{Session, TlsStream};

pub use certificate::Facts;
pub use negotiate::{Answer, request};

use files::refuse;
use options::{Options, Words};
use verify::{Authorities, Verifier};

/// What PostgreSQL's protocol is called in a handshake that begins without asking first.
const ALPN: &[u8] = b"postgresql";

/// A certificate that ends sooner than this is warned of.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// TLS on both sides.
#[derive(Debug)]
pub struct Tls {
    /// Towards clients.
    pub clients: Clients,
    /// Towards PostgreSQL.
    pub servers: Servers,
    /// Our own certificates, by the setting that names them.
    pub certificates: Vec<Certificate>,
}

/// One of our own certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The setting that names its file.
    pub setting: &'static str,
    /// Its file.
    pub file: String,
    /// Whose it is.
    pub subject: String,
    /// Last second of its validity, since 1970.
    pub not_after: u64,
}

/// TLS towards clients.
#[derive(Debug)]
pub struct Clients {
    /// When it is used.
    pub mode: SslMode,
    acceptor: Option<Acceptor>,
}

#[derive(Debug)]
struct Acceptor {
    configuration: Arc<ServerConfig>,
    end_point: Option<Arc<[u8]>>,
}

/// TLS towards PostgreSQL.
#[derive(Debug)]
pub struct Servers {
    /// When it is used.
    pub mode: SslMode,
    configuration: Option<Arc<ClientConfig>>,
}

/// The settings for TLS towards PostgreSQL; servers connected under others are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    mode: SslMode,
    texts: [Option<String>; 6],
}

impl ServerSettings {
    /// Those of a configuration.
    pub fn new(configuration: &Configuration) -> Self {
        Self {
            mode: configuration.server_tls_sslmode,
            texts: [
                configuration.server_tls_ca_file.clone(),
                configuration.server_tls_key_file.clone(),
                configuration.server_tls_cert_file.clone(),
                Some(configuration.server_tls_protocols.clone()),
                Some(configuration.server_tls_ciphers.clone()),
                configuration.server_tls13_ciphers.clone(),
            ],
        }
    }
}

impl Tls {
    /// Read every file that the configuration names.
    ///
    /// # Errors
    /// [`StartError::Tls`] names the setting, the file and the rule.
    pub fn from_configuration(configuration: &Configuration) -> Result<Self, StartError> {
        let mut certificates = Vec::new();
        Ok(Self {
            clients: Clients::new(configuration, &mut certificates)?,
            servers: Servers::new(configuration, &mut certificates)?,
            certificates,
        })
    }

    /// Say until when our certificates are valid, and warn of those that soon are no longer.
    pub fn log_certificates(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        for one in &self.certificates {
            let left = one.not_after.saturating_sub(now);
            let (setting, file, subject) = (one.setting, one.file.as_str(), one.subject.as_str());
            let (days, not_after) = (left / (24 * 60 * 60), one.not_after);
            if one.not_after < now {
                tracing::warn!(setting, file, subject, not_after, "certificate has expired");
            } else if left < SOON.as_secs() {
                tracing::warn!(setting, file, subject, not_after, days, "certificate expires soon");
            } else {
                tracing::info!(setting, file, subject, not_after, days, "certificate is valid");
            }
        }
    }
}

/// A key and the certificates that go with it.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Read a certificate and its key; `None` when neither is named.
fn identity(
    settings: [&'static str; 2],
    paths: [Option<&str>; 2],
    known: &mut Vec<Certificate>,
) -> Result<Option<Identity>, StartError> {
    let [certificate_setting, key_setting] = settings;
    let (certificate_path, key_path) = match paths {
        [None, None] => return Ok(None),
        [Some(certificate), Some(key)] => (certificate, key),
        [None, _] => {
            let problem = format!("not set, but {key_setting} is: a key needs its certificate");
            return Err(refuse(certificate_setting, problem));
        }
        [_, None] => {
            let problem =
                format!("not set, but {certificate_setting} is: a certificate needs its key");
            return Err(refuse(key_setting, problem));
        }
    };
    let chain = files::certificates(certificate_setting, certificate_path)?;
    let key = files::key(key_setting, key_path)?;
    let facts = chain.first().and_then(Facts::read).ok_or_else(|| {
        refuse(
            certificate_setting,
            format!("the first certificate in {certificate_path} cannot be read"),
        )
    })?;
    known.push(Certificate {
        setting: certificate_setting,
        file: certificate_path.to_owned(),
        subject: facts.subject(),
        not_after: facts.not_after,
    });
    Ok(Some((chain, key)))
}

/// A certificate that is shown, with the key that belongs to it.
///
/// rustls would compare the two itself, but reads certificates of version 3 only, and those that OpenSSL signs
/// without extensions are of version 1. Whoever is shown one decides what to make of it.
fn shown(
    (chain, key): Identity,
    provider: &CryptoProvider,
) -> Result<Arc<SingleCertAndKey>, rustls::Error> {
    let key = provider.key_provider.load_private_key(key)?;
    let certified = chain.first().and_then(Facts::read).and_then(|facts| facts.public_key());
    if certified.is_none() || certified != key.public_key() {
        return Err(rustls::InconsistentKeys::KeyMismatch.into());
    }
    Ok(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))))
}

/// The refusal of a key and a certificate that rustls does not take.
fn unusable(
    settings: [&'static str; 2],
    paths: [Option<&str>; 2],
    error: &rustls::Error,
) -> StartError {
    let [certificate_setting, key_setting] = settings;
    let [certificate, key] = paths.map(Option::unwrap_or_default);
    match error {
        rustls::Error::InconsistentKeys(_) => refuse(
            key_setting,
            format!("the key in {key} does not belong to the certificate in {certificate}"),
        ),
        rustls::Error::General(_) => refuse(
            key_setting,
            format!(
                "the key in {key} is of a kind that is not supported: RSA from 2048 bits, ECDSA on P-256 or P-384, and Ed25519 are"
            ),
        ),
        error => refuse(certificate_setting, format!("{certificate}: {error}")),
    }
}

impl Clients {
    const SETTINGS: [&'static str; 2] = ["client_tls_cert_file", "client_tls_key_file"];

    fn new(
        configuration: &Configuration,
        known: &mut Vec<Certificate>,
    ) -> Result<Self, StartError> {
        let mode = configuration.client_tls_sslmode;
        if configuration.auth_type == AuthType::Cert && mode < SslMode::VerifyCa {
            let problem = "\"cert\" needs client_tls_sslmode verify-ca or verify-full: the user is known by a certificate that has been checked";
            return Err(refuse("auth_type", problem));
        }
        let options = Options::new(&Words {
            side: "client",
            protocols: &configuration.client_tls_protocols,
            ciphers: &configuration.client_tls_ciphers,
            ciphers13: configuration.client_tls13_ciphers.as_deref().unwrap_or_default(),
            curves: &configuration.client_tls_ecdhcurve,
            dhe: &configuration.client_tls_dheparams,
        })?;
        if mode == SslMode::Disable {
            return Ok(Self { mode, acceptor: None });
        }
        let paths = [&configuration.client_tls_cert_file, &configuration.client_tls_key_file]
            .map(|path| files::named(path.as_ref()));
        let identity = identity(Self::SETTINGS, paths, known)?.ok_or_else(|| {
            let problem = "not set: to offer TLS to clients, client_tls_key_file and client_tls_cert_file must be set";
            refuse("client_tls_cert_file", problem)
        })?;
        let end_point = identity.0.first().and_then(Facts::read).and_then(|facts| facts.end_point);
        let shown = shown(identity, &options.provider)
            .map_err(|error| unusable(Self::SETTINGS, paths, &error))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&options.provider))
            .with_protocol_versions(&options.versions)
            .map_err(|error| refuse("client_tls_protocols", error.to_string()))?;
        let builder = if mode < SslMode::VerifyCa {
            builder.with_no_client_auth()
        } else {
            let setting = "client_tls_ca_file";
            let path = files::named(configuration.client_tls_ca_file.as_ref()).ok_or_else(|| {
                refuse(setting, "not set: verify-ca and verify-full need the authorities whose client certificates are accepted")
            })?;
            let (roots, _) = files::authorities(setting, path)?;
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), options.provider)
                    .build()
                    .map_err(|error| refuse(setting, format!("{path}: {error}")))?;
            builder.with_client_cert_verifier(verifier)
        };
        let mut server = builder.with_cert_resolver(shown);
        server.alpn_protocols = vec![ALPN.to_vec()];
        // As in PostgreSQL: sessions are not resumed, and none is remembered.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        let acceptor =
            Acceptor { configuration: Arc::new(server), end_point: end_point.map(Arc::from) };
        Ok(Self { mode, acceptor: Some(acceptor) })
    }

    /// Begin a session with a client that asks for one; `None` when there is no TLS.
    pub fn accept(&self) -> Option<Session> {
        let acceptor = self.acceptor.as_ref()?;
        let session = UnbufferedServerConnection::new(Arc::clone(&acceptor.configuration));
        session.ok().map(Session::Server)
    }

    /// What SCRAM binds a client's channel with.
    pub fn end_point(&self) -> Option<Arc<[u8]>> {
        self.acceptor.as_ref()?.end_point.clone()
    }
}

impl Servers {
    const SETTINGS: [&'static str; 2] = ["server_tls_cert_file", "server_tls_key_file"];

    fn new(
        configuration: &Configuration,
        known: &mut Vec<Certificate>,
    ) -> Result<Self, StartError> {
        let mode = configuration.server_tls_sslmode;
        let options = Options::new(&Words {
            side: "server",
            protocols: &configuration.server_tls_protocols,
            ciphers: &configuration.server_tls_ciphers,
            ciphers13: configuration.server_tls13_ciphers.as_deref().unwrap_or_default(),
            curves: "auto",
            dhe: "auto",
        })?;
        if mode == SslMode::Disable {
            return Ok(Self { mode, configuration: None });
        }
        let verifier = Verifier {
            authorities: authorities(configuration)?,
            algorithms: options.provider.signature_verification_algorithms,
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&options.provider))
            .with_protocol_versions(&options.versions)
            .map_err(|error| refuse("server_tls_protocols", error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let paths = [&configuration.server_tls_cert_file, &configuration.server_tls_key_file]
            .map(|path| files::named(path.as_ref()));
        let mut client = match identity(Self::SETTINGS, paths, known)? {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let shown = shown(identity, &options.provider)
                    .map_err(|error| unusable(Self::SETTINGS, paths, &error))?;
                builder.with_client_cert_resolver(shown)
            }
        };
        client.alpn_protocols = vec![ALPN.to_vec()];
        client.resumption = Resumption::disabled();
        Ok(Self { mode, configuration: Some(Arc::new(client)) })
    }

    /// Begin a session with PostgreSQL on `host`.
    ///
    /// # Errors
    /// What is wrong with the host's name, or that there is no TLS.
    pub fn connect(&self, host: &str) -> Result<Session, String> {
        let Some(configuration) = &self.configuration else {
            return Err("server_tls_sslmode is disable".to_owned());
        };
        let name = match ServerName::try_from(host) {
            Ok(name) => name.to_owned(),
            Err(error) if self.mode == SslMode::VerifyFull => {
                return Err(format!("\"{host}\" cannot be checked against a certificate: {error}"));
            }
            // Only what the name is checked against, which it is not.
            Err(_) => ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0]))),
        };
        UnbufferedClientConnection::new(Arc::clone(configuration), name)
            .map(Session::Client)
            .map_err(|error| error.to_string())
    }
}

/// Whose signatures count on PostgreSQL's certificate; `None` where it is not checked.
fn authorities(configuration: &Configuration) -> Result<Option<Authorities>, StartError> {
    const SETTING: &str = "server_tls_ca_file";
    let mode = configuration.server_tls_sslmode;
    let path = files::named(configuration.server_tls_ca_file.as_ref());
    if mode < SslMode::VerifyCa {
        // A file that is named and cannot be read is a mistake in every mode.
        return path.map_or(Ok(None), |path| files::authorities(SETTING, path).map(|_| None));
    }
    let (roots, certificates) = match path {
        Some(path) => files::authorities(SETTING, path)?,
        None => (files::system_authorities(SETTING)?, Vec::new()),
    };
    let checks_name = mode == SslMode::VerifyFull;
    Ok(Some(Authorities { roots, certificates, checks_name }))
}

impl TlsStream {
    /// The version and the cipher suite agreed on, such as `TLSv1.3/TLS_AES_256_GCM_SHA384`.
    pub fn description(&self) -> String {
        let common = self.common();
        let version = match common.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        };
        let suite = common.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        format!("{version}/{}", suite.unwrap_or_default().replace("TLS13_", "TLS_"))
    }

    /// Whether both sides have named PostgreSQL's protocol.
    pub fn speaks_postgresql(&self) -> bool {
        self.common().alpn_protocol() == Some(ALPN)
    }

    /// The other side's certificate, if it has shown one.
    pub fn peer(&self) -> Option<Facts> {
        Facts::read(self.common().peer_certificates()?.first()?)
    }
}
