//! Channel binding on both sides of an exchange, and what a man in the middle can make of it.

use std::sync::Arc;

use super::super::secret::Secret;
use super::grammar::encode;
use super::*;
use crate::auth::AuthenticationError;

const SALT: [u8; 16] = [9; 16];
const HASH: [u8; 32] = [0xab; 32];

fn server(binding: ServerBinding) -> ServerExchange {
    ServerExchange::bound(ScramVerifier::derive(b"pencil", &SALT, 2), binding)
}

fn offered() -> ServerBinding {
    ServerBinding::EndPoint(Arc::from(HASH))
}

fn client(binding: ClientBinding) -> ClientExchange {
    ClientExchange::new(ClientCredential::from(Secret::from("pencil"))).unwrap().bound_to(binding)
}

/// Run a login to its end.
fn run(
    mut client: ClientExchange,
    mut server: ServerExchange,
) -> Result<ClientExchange, AuthenticationError> {
    let challenge = server.first(&client.first())?;
    let answer = client.respond(&challenge)?;
    client.verify(&server.finish(&answer)?)?;
    Ok(client)
}

#[test]
fn a_bound_login_succeeds_when_both_see_the_same_certificate() {
    let bound = client(ClientBinding::EndPoint(HASH.to_vec()));
    assert!(bound.first().starts_with(b"p=tls-server-end-point,,n=,r="));
    assert!(run(bound, server(offered())).unwrap().is_verified());
}

#[test]
fn another_certificate_ends_the_login() {
    for other in [vec![0xac; 32], HASH[..31].to_vec(), Vec::new(), [HASH, HASH].concat()] {
        let result = run(client(ClientBinding::EndPoint(other)), server(offered()));
        assert_eq!(result.unwrap_err(), AuthenticationError::ChannelBindingMismatch);
    }
    assert_eq!(AuthenticationError::ChannelBindingMismatch.sqlstate(), "28000");
}

#[test]
fn an_offer_that_was_taken_out_on_the_way_is_noticed() {
    let result = run(client(ClientBinding::NotOffered), server(ServerBinding::Declined));
    assert_eq!(result.unwrap_err(), AuthenticationError::ChannelBindingDowngrade);
    assert_eq!(AuthenticationError::ChannelBindingDowngrade.sqlstate(), "28000");
    // Where it really was not offered, the same words are true.
    assert!(run(client(ClientBinding::NotOffered), server(ServerBinding::None)).is_ok());
    // A client that knows no channel binding may go without, offered or not.
    for binding in [ServerBinding::Declined, ServerBinding::None] {
        assert!(run(client(ClientBinding::None), server(binding)).is_ok());
    }
}

#[test]
fn the_mechanism_and_the_header_must_agree() {
    use AuthenticationError as E;
    let first = |text: &[u8], binding| server(binding).first(text).unwrap_err();
    for header in [&b"n,,n=,r=abc"[..], b"y,,n=,r=abc", b"", b"p"] {
        assert!(matches!(first(header, offered()), E::Malformed { .. }), "{header:?}");
    }
    assert_eq!(first(b"p=tls-unique,,n=,r=abc", offered()), E::ChannelBindingUnknown);
    assert_eq!(first(b"p=tls-exporter,,n=,r=abc", offered()), E::ChannelBindingUnknown);
    let authorised = b"p=tls-server-end-point,a=root,n=,r=abc";
    assert_eq!(first(authorised, offered()), E::AuthorizationIdentity);
    for binding in [ServerBinding::None, ServerBinding::Declined] {
        let bound = b"p=tls-server-end-point,,n=,r=abc";
        assert_eq!(first(bound, binding), E::ChannelBindingNotOffered);
    }
}

#[test]
fn what_is_repeated_is_the_header_and_the_hash() {
    let mut client = client(ClientBinding::EndPoint(HASH.to_vec()));
    let mut server = server(offered());
    let challenge = server.first(&client.first()).unwrap();
    let answer = String::from_utf8(client.respond(&challenge).unwrap()).unwrap();
    // base64 of "p=tls-server-end-point,," and of 32 times 0xab, 24 bytes and so 32 characters before it.
    let repeated =
        "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=,r=";
    assert!(answer.starts_with(repeated), "{answer}");
    assert_eq!(encode(END_POINT_HEADER), "cD10bHMtc2VydmVyLWVuZC1wb2ludCws");
}
