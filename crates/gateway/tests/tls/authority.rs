//! Certificates made for a test, in a folder that goes with it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use gateway::Configuration;
use gateway::error::StartError;
use gateway::tls::Tls;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SignatureAlgorithm,
};
use serde_json::{Value, json};

/// A folder of PEM files, removed in the end.
pub(crate) struct Folder(PathBuf);

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Folder {
    pub(crate) fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("forebay-tls-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a certificate is to be like.
pub(crate) struct Wish {
    pub(crate) common_name: &'static str,
    pub(crate) hosts: &'static [&'static str],
    /// The year it ends in.
    pub(crate) last_year: i32,
    pub(crate) algorithm: &'static SignatureAlgorithm,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            common_name: "test",
            hosts: &["localhost", "127.0.0.1"],
            last_year: 2999,
            algorithm: &rcgen::PKCS_ECDSA_P256_SHA256,
        }
    }
}

/// A certificate and its key, in PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "authority");
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn issue(&self, wish: &Wish) -> Issued {
        let key = KeyPair::generate_for(wish.algorithm).unwrap();
        let certificate = parameters(wish).signed_by(&key, &self.0).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A certificate that nobody else has signed.
pub(crate) fn self_signed(wish: &Wish) -> Issued {
    let key = KeyPair::generate_for(wish.algorithm).unwrap();
    let certificate = parameters(wish).self_signed(&key).unwrap();
    Issued { certificate: certificate.pem(), key: key.serialize_pem() }
}

fn parameters(wish: &Wish) -> CertificateParams {
    let hosts: Vec<String> = wish.hosts.iter().map(|&host| host.to_owned()).collect();
    let mut parameters = CertificateParams::new(hosts).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, wish.common_name);
    parameters.not_after = rcgen::date_time_ymd(wish.last_year, 1, 1);
    parameters
}

/// TLS with these settings.
pub(crate) fn tls(settings: &Value) -> Result<Tls, StartError> {
    let mut configuration = json!({"databases": [{"name": "*", "host": "127.0.0.1"}]});
    configuration.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    Tls::from_configuration(&Configuration::from_json(&configuration.to_string()).unwrap())
}
