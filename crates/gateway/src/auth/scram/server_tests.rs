use super::super::super::secret::Secret;
use super::super::grammar::MAXIMUM_MESSAGE_LENGTH;
use super::super::{ClientCredential, ClientExchange};
use super::*;
use proptest::prelude::*;

const SALT: [u8; 16] = [9; 16];

fn exchange() -> ServerExchange {
    ServerExchange::new(ScramVerifier::derive(b"pencil", &SALT, 2))
}

fn client(password: &str) -> ClientExchange {
    ClientExchange::new(ClientCredential::from(Secret::from(password))).unwrap()
}

/// Runs a login up to the client-final-message.
fn answer(server: &mut ServerExchange, password: &str) -> Vec<u8> {
    let mut client = client(password);
    let server_first = server.first(&client.first()).unwrap();
    client.respond(&server_first).unwrap()
}

#[test]
fn follows_the_example_of_rfc_7677() {
    let salt = super::super::grammar::decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let mut server = ServerExchange::new(ScramVerifier::derive(b"pencil", &salt, 4096));
    let server_first = server
        .challenge(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
        .unwrap();
    assert_eq!(
        String::from_utf8(server_first).unwrap(),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let server_final = server.finish(
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
          p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    );
    assert_eq!(server_final.unwrap(), b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

#[test]
fn only_the_right_password_opens() {
    let mut server = exchange();
    let client_final = answer(&mut server, "pencil");
    assert!(server.keys().is_none());
    assert!(server.finish(&client_final).unwrap().starts_with(b"v="));
    assert!(server.keys().unwrap().to_verifier().is_same_as(&server.verifier));

    let mut server = exchange();
    let client_final = answer(&mut server, "pencils");
    assert_eq!(server.finish(&client_final), Err(AuthenticationError::WrongPassword));
    assert!(server.keys().is_none());
}

#[test]
fn a_mock_runs_to_the_end_and_fails_like_a_wrong_password() {
    let mut server = ServerExchange::new(ScramVerifier::mock("nobody", &[3; 32]));
    let client_final = answer(&mut server, "pencil");
    assert_eq!(server.finish(&client_final), Err(AuthenticationError::WrongPassword));

    // Even a proof that fits by impossible luck opens nothing.
    let mut verifier = ScramVerifier::derive(b"pencil", &SALT, 2);
    verifier.is_mock = true;
    let mut server = ServerExchange::new(verifier);
    let client_final = answer(&mut server, "pencil");
    assert_eq!(server.finish(&client_final), Err(AuthenticationError::WrongPassword));
}

#[test]
fn two_exchanges_never_share_a_nonce() {
    let (mut one, mut two) = (exchange(), exchange());
    let first = one.first(b"n,,n=,r=same").unwrap();
    assert_ne!(first, two.first(b"n,,n=,r=same").unwrap());
    assert!(first.starts_with(b"r=same") && first.len() > "r=same,s=,i=2".len() + 24);
}

#[test]
fn a_recorded_login_cannot_be_replayed() {
    let mut server = exchange();
    let client_final = answer(&mut server, "pencil");
    assert!(server.finish(&client_final).is_ok());
    let mut server = exchange();
    answer(&mut server, "pencil");
    let message = ScramMessage::ClientFinal;
    assert_eq!(server.finish(&client_final), Err(AuthenticationError::NonceMismatch { message }));
}

#[test]
fn walks_the_transition_table() {
    use ScramMessage::{ClientFinal, ClientFirst};
    // Verified refuses both messages.
    for message in [ClientFirst, ClientFinal] {
        let mut server = exchange();
        let client_final = answer(&mut server, "pencil");
        server.finish(&client_final).unwrap();
        let result = match message {
            ClientFirst => server.first(b"n,,n=,r=abc"),
            _ => server.finish(&client_final),
        };
        assert_eq!(result, Err(AuthenticationError::OutOfOrder { message }));
        assert!(server.keys().is_none());
    }
    // AwaitingFirst refuses the final message, and Failed refuses what was legal before.
    let mut server = exchange();
    let out_of_order = |message| Err(AuthenticationError::OutOfOrder { message });
    assert_eq!(server.finish(b"c=biws"), out_of_order(ClientFinal));
    assert_eq!(server.first(b"n,,n=,r=abc"), out_of_order(ClientFirst));
    // AwaitingFinal refuses the first message, and Failed the right answer afterwards.
    let mut server = exchange();
    let client_final = answer(&mut server, "pencil");
    assert_eq!(server.first(b"n,,n=,r=abc"), out_of_order(ClientFirst));
    assert_eq!(server.finish(&client_final), out_of_order(ClientFinal));
    // A wrong message is the last one.
    let mut server = exchange();
    assert!(server.first(b"").is_err());
    assert_eq!(server.first(b"n,,n=,r=abc"), out_of_order(ClientFirst));
}

#[test]
fn accepts_every_honest_first_message() {
    let longest = [&b"n,,n=,r="[..], &[b'x'; MAXIMUM_NONCE_LENGTH]].concat();
    for first in [
        &b"n,,n=,r=abc"[..],
        b"y,,n=,r=abc",
        b"n,,n=*,r=abc",
        b"n,,n=a=2Cb=3D,r=a=b",
        b"n,,n=,r=abc,x=ignored",
        &longest,
    ] {
        assert!(exchange().first(first).is_ok(), "{first:?}");
    }
}

#[test]
fn refuses_every_malformed_first_message() {
    use AuthenticationError as E;
    let message = ScramMessage::ClientFirst;
    assert_eq!(exchange().first(b"p=tls-exporter,,n=,r=a"), Err(E::ChannelBindingNotOffered));
    assert_eq!(exchange().first(b"n,a=root,n=,r=a"), Err(E::AuthorizationIdentity));
    for extension in [&b"n,,m=x,n=,r=a"[..], b"n,,n=,m=x,r=a", b"n,,n=,r=a,m=x"] {
        assert_eq!(exchange().first(extension), Err(E::MandatoryExtension { message }));
    }
    for nonce in [&b""[..], b"a b", b"\x7f", b"\xc3\xa9", b"\x01"] {
        let first = [b"n,,n=,r=", nonce].concat();
        assert_eq!(exchange().first(&first), Err(E::NonceNotPrintable { message }));
    }
    let long = [&b"n,,n=,r="[..], &[b'x'; MAXIMUM_NONCE_LENGTH + 1]].concat();
    assert!(matches!(exchange().first(&long), Err(E::NonceTooLong { length: 257, .. })));
    let long = [&b"n,,n=,r=abc,x="[..], &[b'x'; MAXIMUM_MESSAGE_LENGTH]].concat();
    assert!(matches!(exchange().first(&long), Err(E::MessageTooLong { .. })));
    for bad in [
        &b""[..],
        b"n",
        b"n,",
        b"n,,",
        b"x,,n=,r=a",
        b"n,x,n=,r=a",
        b"n,,r=a",
        b"n,,n=",
        b"n,,n=,",
        b"n,,n,r=a",
        b"n,,n=\0,r=a",
        b"n,,n=,r=a,",
        b"n,,n=,r=a,x",
        b"n,,n=,r=a,p=",
    ] {
        assert!(matches!(exchange().first(bad), Err(E::Malformed { .. })), "{bad:?}");
    }
}

#[test]
fn refuses_every_malformed_final_message() {
    use AuthenticationError as E;
    let message = ScramMessage::ClientFinal;
    // Each row edits a right answer; the error must not be WrongPassword.
    let edit = |from: &str, to: &str| {
        let mut server = exchange();
        let right = String::from_utf8(answer(&mut server, "pencil")).unwrap();
        let wrong = right.replacen(from, to, 1);
        assert_ne!(right, wrong, "{from} is not in the message");
        server.finish(wrong.as_bytes()).unwrap_err()
    };
    assert_eq!(edit("c=biws", "c=eSws"), E::ChannelBindingMismatch);
    assert_eq!(edit("c=biws", "c="), E::ChannelBindingMismatch);
    assert_eq!(edit(",r=", ",r=x"), E::NonceMismatch { message });
    assert_eq!(edit(",p=", "x,p="), E::NonceMismatch { message });
    assert_eq!(edit(",p=", ",m=x,p="), E::MandatoryExtension { message });
    assert_eq!(edit("c=", "m=x,c="), E::MandatoryExtension { message });
    let long = format!(",x={},p=", "x".repeat(MAXIMUM_MESSAGE_LENGTH));
    assert!(matches!(edit(",p=", &long), E::MessageTooLong { .. }));
    for (from, to) in [
        ("c=biws,", ""),
        ("c=", "c"),
        (",r=", ",s="),
        (",p=", ",q="),
        (",p=", ",p=A"),
        (",p=", ",p=,p="),
        (",p=", ",x,p="),
        ("c=", ","),
        ("c=", "\0c="),
        (",p=", ",p=!"),
    ] {
        assert!(matches!(edit(from, to), E::Malformed { .. }), "{from} to {to}");
    }
    for bad in [&b""[..], b",", b",p=", b"p=", b"c=biws,r=,p="] {
        let mut server = exchange();
        answer(&mut server, "pencil");
        assert!(server.finish(bad).is_err());
    }
    // An optional extension is signed with the rest, so adding one spoils the proof instead.
    assert_eq!(edit(",p=", ",x=1,p="), E::WrongPassword);
}

proptest! {
    #[test]
    fn no_first_message_panics(first in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = exchange().first(&first);
        let _ = exchange().first(&[b"n,,", first.as_slice()].concat());
        let _ = exchange().first(&[b"n,,n=,r=", first.as_slice()].concat());
    }

    #[test]
    fn no_final_message_opens_without_the_password(
        tail in proptest::collection::vec(any::<u8>(), 0..64),
        position in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut server = exchange();
        server.first(b"n,,n=,r=abc").unwrap();
        prop_assert!(server.finish(&tail).is_err());

        let mut server = exchange();
        let mut client_final = answer(&mut server, "pencil");
        let position = position.index(client_final.len());
        let is_changed = client_final[position] != byte;
        client_final[position] = byte;
        prop_assert_eq!(server.finish(&client_final).is_err(), is_changed);
    }

    #[test]
    fn every_password_opens_its_own_verifier(password in ".{1,24}") {
        let verifier = ScramVerifier::derive(password.as_bytes(), &SALT, 1);
        let mut server = ServerExchange::new(verifier);
        let mut client = client(&password);
        let first = client.first();
        prop_assert!(first.starts_with(b"n,,"));
        let server_first = server.first(&first).unwrap();
        let client_final = client.respond(&server_first).unwrap();
        let server_final = server.finish(&client_final).unwrap();
        client.verify(&server_final).unwrap();
        prop_assert!(client.is_verified());
    }
}
