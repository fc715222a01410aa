//! Whose certificate it is: common names, and when they stand for a host.

use gateway::tls::Facts;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::authority::{Wish, self_signed};

fn facts(common_name: &'static str, hosts: &'static [&'static str]) -> Facts {
    let issued = self_signed(&Wish { common_name, hosts, ..Wish::default() });
    Facts::read(&CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_common_name_counts_as_a_host_only_where_no_host_is_named() {
    assert!(facts("db.example.com", &[]).common_name_is("db.example.com"));
    assert!(facts("DB.example.com", &[]).common_name_is("db.EXAMPLE.com"));
    assert!(facts("*.example.com", &[]).common_name_is("db.example.com"));
    assert!(facts("127.0.0.1", &[]).common_name_is("127.0.0.1"));
    assert!(!facts("*.0.0.1", &[]).common_name_is("127.0.0.1"));
    assert!(!facts("db.example.com", &[]).common_name_is("other.example.com"));
    assert!(!facts("db.example.com", &["other.example.com"]).common_name_is("db.example.com"));
    assert!(!facts("db.example.com", &["10.0.0.1"]).common_name_is("db.example.com"));
}

#[test]
fn a_name_with_a_zero_byte_is_none() {
    assert_eq!(facts("alice", &[]).common_name().as_deref(), Some("alice"));
    assert_eq!(facts("åsa", &[]).common_name().as_deref(), Some("åsa"));
    assert_eq!(facts("alice\0mallory", &[]).common_name(), None);
    assert_eq!(facts("", &[]).common_name(), None);
}
