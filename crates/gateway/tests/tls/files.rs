//! What files are read, and how those that are of no use are refused.

use gateway::tls::Facts;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use sha2::Digest;

use crate::authority::{Authority, Folder, Wish, self_signed, tls};

/// The refusal of these settings, which must name all of `parts`.
fn refused(settings: &Value, parts: &[&str]) {
    let error = tls(settings).unwrap_err();
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains("PRIVATE KEY-----") && !error.hint().is_empty());
}

#[test]
fn complete_settings_are_taken_whatever_the_key() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let ca = folder.write("ca.pem", authority.pem());
    for algorithm in
        [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519]
    {
        let issued = authority.issue(&Wish { algorithm, ..Wish::default() });
        let certificate = folder.write("server.pem", &issued.certificate);
        let key = folder.write("server.key", &issued.key);
        for mode in ["allow", "prefer", "require", "verify-ca", "verify-full"] {
            let tls = tls(&json!({
                "client_tls_sslmode": mode,
                "client_tls_cert_file": certificate,
                "client_tls_key_file": key,
                "client_tls_ca_file": ca,
                "server_tls_sslmode": mode,
                "server_tls_cert_file": certificate,
                "server_tls_key_file": key,
                "server_tls_ca_file": ca,
            }))
            .unwrap();
            assert!(tls.clients.accept().is_some());
            assert!(tls.servers.connect("localhost").is_ok());
            assert_eq!(tls.certificates.len(), 2);
            assert_eq!(tls.certificates[0].setting, "client_tls_cert_file");
            assert_eq!(tls.certificates[0].file, certificate);
            assert_eq!(tls.certificates[0].subject, "CN=test");
            // 2999-01-01
            assert_eq!(tls.certificates[0].not_after, 32_472_144_000);
        }
    }
}

#[test]
fn without_settings_clients_get_none_and_postgresql_is_asked() {
    let tls = tls(&json!({})).unwrap();
    assert!(tls.clients.accept().is_none() && tls.clients.end_point().is_none());
    assert!(tls.servers.connect("localhost").is_ok() && tls.certificates.is_empty());
}

#[test]
fn what_is_missing_is_named() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let issued = authority.issue(&Wish::default());
    let certificate = folder.write("server.pem", &issued.certificate);
    let key = folder.write("server.key", &issued.key);
    let nowhere = folder.path("nowhere.pem");
    let mode = "client_tls_sslmode";
    refused(&json!({mode: "prefer"}), &["client_tls_cert_file", "client_tls_key_file"]);
    refused(
        &json!({mode: "prefer", "client_tls_cert_file": certificate}),
        &["client_tls_key_file: not set"],
    );
    refused(
        &json!({mode: "prefer", "client_tls_key_file": key}),
        &["client_tls_cert_file: not set"],
    );
    refused(
        &json!({mode: "prefer", "client_tls_cert_file": nowhere, "client_tls_key_file": key}),
        &["client_tls_cert_file", &nowhere, "no such file"],
    );
    refused(
        &json!({mode: "prefer", "client_tls_cert_file": certificate, "client_tls_key_file": nowhere}),
        &["client_tls_key_file", &nowhere, "no such file"],
    );
    let both = json!({"client_tls_cert_file": certificate, "client_tls_key_file": key});
    for strict in ["verify-ca", "verify-full"] {
        let mut settings = both.clone();
        settings[mode] = json!(strict);
        refused(&settings, &["client_tls_ca_file: not set"]);
        settings["client_tls_ca_file"] = json!(nowhere);
        refused(&settings, &["client_tls_ca_file", &nowhere]);
    }
    let mut settings = both;
    settings[mode] = json!("require");
    settings["auth_type"] = json!("cert");
    refused(&settings, &["auth_type", "verify-full"]);
    for server_mode in ["prefer", "verify-full"] {
        refused(
            &json!({"server_tls_sslmode": server_mode, "server_tls_ca_file": nowhere}),
            &["server_tls_ca_file", &nowhere],
        );
    }
    refused(&json!({"server_tls_key_file": key}), &["server_tls_cert_file: not set"]);
}

#[test]
fn what_does_not_fit_or_cannot_be_read_is_named() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let (one, other) = (authority.issue(&Wish::default()), authority.issue(&Wish::default()));
    let certificate = folder.write("server.pem", &one.certificate);
    let wrong_key = folder.write("other.key", &other.key);
    let key_text = one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let encrypted = folder.write("encrypted.key", key_text);
    let garbage = folder.write("garbage.pem", b"\x00\xff garbage");
    let broken = folder.write("broken.pem", one.certificate.replace('A', "!"));
    let not_der = folder
        .write("not-der.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let key = folder.write("server.key", &one.key);
    for (certificate, key, parts) in [
        (&certificate, &wrong_key, ["client_tls_key_file", wrong_key.as_str(), "does not belong"]),
        (&certificate, &encrypted, ["client_tls_key_file", encrypted.as_str(), "is encrypted"]),
        (&certificate, &garbage, ["client_tls_key_file", garbage.as_str(), "no private key"]),
        (&certificate, &certificate, ["client_tls_key_file", &certificate, "no private key"]),
        (&garbage, &key, ["client_tls_cert_file", garbage.as_str(), "no certificate"]),
        (&key, &key, ["client_tls_cert_file", key.as_str(), "no certificate"]),
        (&broken, &key, ["client_tls_cert_file", broken.as_str(), "PEM"]),
        (&not_der, &key, ["client_tls_cert_file", not_der.as_str(), "cannot be read"]),
    ] {
        let settings = json!({
            "client_tls_sslmode": "require",
            "client_tls_cert_file": certificate,
            "client_tls_key_file": key,
        });
        refused(&settings, &parts);
    }
    let settings = json!({
        "server_tls_cert_file": certificate,
        "server_tls_key_file": wrong_key,
    });
    refused(&settings, &["server_tls_key_file", "does not belong"]);
}

#[test]
fn the_hash_to_bind_with_is_that_of_the_signature() {
    let read = |text: &str| {
        let der = CertificateDer::from_pem_slice(text.as_bytes()).unwrap();
        (Facts::read(&der).unwrap(), der)
    };
    let with = |algorithm| self_signed(&Wish { algorithm, ..Wish::default() }).certificate;
    let (facts, der) = read(&with(&rcgen::PKCS_ECDSA_P256_SHA256));
    assert_eq!(facts.end_point.unwrap(), sha2::Sha256::digest(&der).to_vec());
    let (facts, der) = read(&with(&rcgen::PKCS_ECDSA_P384_SHA384));
    assert_eq!(facts.end_point.unwrap(), sha2::Sha384::digest(&der).to_vec());
    // Ed25519 has no hash of its own, and RFC 5929 then has none to bind with.
    let (facts, _) = read(&with(&rcgen::PKCS_ED25519));
    assert_eq!(facts.end_point, None);
}
