//! What PgBouncer's words for TLS versions, cipher suites and curves mean to rustls, and which mean nothing.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::{CipherSuite, SupportedCipherSuite, SupportedProtocolVersion};

use super::files::refuse;
use crate::error::StartError;

/// One side's words.
pub(super) struct Words<'a> {
    /// `client` or `server`, which the settings' names begin with.
    pub(super) side: &'static str,
    pub(super) protocols: &'a str,
    pub(super) ciphers: &'a str,
    pub(super) ciphers13: &'a str,
    pub(super) curves: &'a str,
    pub(super) dhe: &'a str,
}

/// What rustls is to be told.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
}

/// OpenSSL's names of the TLS 1.2 cipher suites there are.
const TLS12: [(&str, CipherSuite); 6] = [
    ("ECDHE-ECDSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("ECDHE-RSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-RSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-RSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
];

/// The standard's names of the TLS 1.3 cipher suites there are.
const TLS13: [(&str, CipherSuite); 3] = [
    ("TLS_AES_256_GCM_SHA384", CipherSuite::TLS13_AES_256_GCM_SHA384),
    ("TLS_AES_128_GCM_SHA256", CipherSuite::TLS13_AES_128_GCM_SHA256),
    ("TLS_CHACHA20_POLY1305_SHA256", CipherSuite::TLS13_CHACHA20_POLY1305_SHA256),
];

/// OpenSSL's names of the curves there are.
const CURVES: [(&str, &dyn SupportedKxGroup); 5] = [
    ("X25519", ring::kx_group::X25519),
    ("prime256v1", ring::kx_group::SECP256R1),
    ("P-256", ring::kx_group::SECP256R1),
    ("secp384r1", ring::kx_group::SECP384R1),
    ("P-384", ring::kx_group::SECP384R1),
];

impl Options {
    /// Understand one side's words.
    ///
    /// # Errors
    /// [`StartError::Tls`] names the setting, the word, and those that there are.
    pub(super) fn new(words: &Words<'_>) -> Result<Self, StartError> {
        let setting = |name: &str| format!("{}_tls{name}", words.side);
        let versions = versions(&setting("_protocols"), words.protocols)?;
        let mut provider = ring::default_provider();
        let all = std::mem::take(&mut provider.cipher_suites);
        let (new, old): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|suite| suite.tls13().is_some());
        provider.cipher_suites = suites(&setting("13_ciphers"), words.ciphers13, &TLS13, new)?;
        provider.cipher_suites.extend(suites(&setting("_ciphers"), words.ciphers, &TLS12, old)?);
        curves(&setting("_ecdhcurve"), words.curves, &mut provider.kx_groups)?;
        if !matches!(words.dhe, "auto" | "none" | "") {
            let problem = format!(
                "\"{}\" is not supported: there is no finite-field key exchange here, only curves; leave it \"auto\" or \"none\"",
                words.dhe
            );
            return Err(refuse(&setting("_dheparams"), problem));
        }
        Ok(Self { provider: Arc::new(provider), versions })
    }
}

/// The words of a list, in their order. OpenSSL separates with colons, PgBouncer with commas too.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([':', ',', ' ']).filter(|word| !word.is_empty())
}

fn versions(
    setting: &str,
    words: &str,
) -> Result<Vec<&'static SupportedProtocolVersion>, StartError> {
    let (mut has_12, mut has_13) = (false, false);
    for word in list(words) {
        match word {
            "tlsv1.2" => has_12 = true,
            "tlsv1.3" => has_13 = true,
            // `all` is what there is: nothing older than 1.2.
            "secure" | "default" | "all" => (has_12, has_13) = (true, true),
            "tlsv1.0" | "tlsv1.1" | "tlsv1" | "sslv3" | "legacy" => {
                let problem = format!(
                    "\"{word}\" asks for versions before TLS 1.2, which are not safe and not built in: use tlsv1.2, tlsv1.3, or secure for both"
                );
                return Err(refuse(setting, problem));
            }
            _ => {
                let problem = format!(
                    "\"{word}\" is no TLS version: tlsv1.2, tlsv1.3, secure, all and default are"
                );
                return Err(refuse(setting, problem));
            }
        }
    }
    let mut versions = Vec::new();
    if has_13 {
        versions.push(&rustls::version::TLS13);
    }
    if has_12 {
        versions.push(&rustls::version::TLS12);
    }
    if versions.is_empty() {
        return Err(refuse(setting, "is empty: use tlsv1.2, tlsv1.3, or secure for both"));
    }
    Ok(versions)
}

fn suites(
    setting: &str,
    words: &str,
    names: &[(&str, CipherSuite)],
    all: Vec<SupportedCipherSuite>,
) -> Result<Vec<SupportedCipherSuite>, StartError> {
    // All that there are have forward secrecy and authenticated encryption.
    if matches!(words, "" | "default" | "secure" | "fast") {
        return Ok(all);
    }
    let mut chosen = Vec::new();
    for word in list(words) {
        let suite = names.iter().find(|(name, _)| *name == word).map(|(_, suite)| *suite);
        match all.iter().find(|one| Some(one.suite()) == suite) {
            Some(suite) => chosen.push(*suite),
            None => {
                return Err(refuse(setting, unknown(word, names.iter().map(|(name, _)| *name))));
            }
        }
    }
    Ok(chosen)
}

fn curves(
    setting: &str,
    words: &str,
    groups: &mut Vec<&'static dyn SupportedKxGroup>,
) -> Result<(), StartError> {
    if matches!(words, "" | "auto" | "default") {
        return Ok(());
    }
    groups.clear();
    for word in list(words) {
        match CURVES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
            Some((_, group)) => groups.push(*group),
            None => {
                return Err(refuse(setting, unknown(word, CURVES.iter().map(|(name, _)| *name))));
            }
        }
    }
    Ok(())
}

fn unknown<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    format!(
        "\"{word}\" is not supported: leave the setting at its default, or choose from {}",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words<'static> {
        Words {
            side: "client",
            protocols: "secure",
            ciphers: "default",
            ciphers13: "",
            curves: "auto",
            dhe: "auto",
        }
    }

    fn refusal(words: &Words<'_>) -> String {
        Options::new(words).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_everything_there_is() {
        let options = Options::new(&words()).unwrap();
        assert_eq!(options.provider.cipher_suites.len(), TLS12.len() + TLS13.len());
        assert_eq!((options.versions.len(), options.provider.kx_groups.len()), (2, 3));
    }

    #[test]
    fn what_is_named_is_all_there_is() {
        let options = Options::new(&Words {
            protocols: "tlsv1.2",
            ciphers: "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
            ciphers13: "TLS_AES_128_GCM_SHA256",
            curves: "secp384r1",
            dhe: "none",
            ..words()
        })
        .unwrap();
        let suites: Vec<_> =
            options.provider.cipher_suites.iter().map(SupportedCipherSuite::suite).collect();
        assert_eq!(
            suites,
            [
                CipherSuite::TLS13_AES_128_GCM_SHA256,
                CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            ]
        );
        assert_eq!(options.versions, [&rustls::version::TLS12]);
        assert_eq!(options.provider.kx_groups[0].name(), rustls::NamedGroup::secp384r1);
    }

    #[test]
    fn every_name_stands_for_something() {
        for (name, _) in TLS12 {
            assert!(Options::new(&Words { ciphers: name, ..words() }).is_ok(), "{name}");
        }
        for (name, _) in TLS13 {
            assert!(Options::new(&Words { ciphers13: name, ..words() }).is_ok(), "{name}");
        }
        for (name, _) in CURVES {
            assert!(Options::new(&Words { curves: name, ..words() }).is_ok(), "{name}");
        }
        for name in ["tlsv1.2", "tlsv1.3", "secure", "all", "default", "tlsv1.2,tlsv1.3"] {
            assert!(Options::new(&Words { protocols: name, ..words() }).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for old in ["tlsv1.0", "tlsv1.1", "tlsv1", "legacy", "tlsv1.1,tlsv1.2"] {
            let text = refusal(&Words { protocols: old, ..words() });
            assert!(
                text.contains("client_tls_protocols") && text.contains("before TLS 1.2"),
                "{text}"
            );
        }
        for (words, named) in [
            (Words { protocols: "tls1.3", ..words() }, "client_tls_protocols: \"tls1.3\""),
            (Words { protocols: "", ..words() }, "client_tls_protocols: is empty"),
            (Words { ciphers: "HIGH:MEDIUM:+3DES", ..words() }, "client_tls_ciphers: \"HIGH\""),
            (Words { ciphers13: "TLS_AES_128_CCM_SHA256", ..words() }, "client_tls13_ciphers: \""),
            (Words { curves: "secp521r1", ..words() }, "client_tls_ecdhcurve: \"secp521r1\""),
            (Words { dhe: "legacy", ..words() }, "client_tls_dheparams: \"legacy\""),
            (Words { side: "server", ciphers: "RC4", ..words() }, "server_tls_ciphers: \"RC4\""),
        ] {
            let text = refusal(&words);
            assert!(text.contains(named), "{text}");
        }
    }
}
