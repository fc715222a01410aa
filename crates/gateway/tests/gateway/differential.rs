//! The model of PostgreSQL answers as PostgreSQL does, and so does PostgreSQL through the gateway.

use std::cell::RefCell;

use pgwire::backend;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use crate::client::Client;
use crate::messages::{query, sync};
use crate::postgres::Postgres;
use crate::replies::{Reply, take_replies};
use crate::running::{connect, connect_directly, start};
use crate::script::{NAMES, Unit, reusing_unit, whole_unit};
use crate::transaction::Settings;

/// A script of these units that leaves a new session behind.
fn script(unit: impl Strategy<Value = Unit>) -> impl Strategy<Value = Vec<Unit>> {
    let end = Unit(vec![sync(), query("ROLLBACK"), query("DISCARD ALL")]);
    vec(unit, 1..10).prop_map(move |mut units| {
        units.push(end.clone());
        units
    })
}

/// What a client may say that waits for every ReadyForQuery.
fn patient() -> impl Strategy<Value = Vec<Unit>> {
    script(prop_oneof![whole_unit(&NAMES, true), reusing_unit(&NAMES)])
}

/// What a client may say all at once.
fn hasty() -> impl Strategy<Value = Vec<Unit>> {
    script(prop_oneof![whole_unit(&NAMES, false), reusing_unit(&NAMES)])
}

fn comparable(replies: &[Reply]) -> Vec<String> {
    // PostgreSQL warns of portals that were made in a failed transaction; the model keeps no such account.
    let is_reply = |reply: &&Reply| match reply.tag {
        backend::PARAMETER_STATUS => false,
        backend::NOTICE_RESPONSE => reply.sqlstate() != "01000",
        _ => true,
    };
    replies.iter().filter(is_reply).map(Reply::to_string).collect()
}

/// Send a script, at once or waiting wherever the model is ready for the next query, and compare.
fn compare(client: &mut Client, script: &[Unit], is_patient: bool) -> Result<(), TestCaseError> {
    let zone = [("TimeZone".to_owned(), "Etc/UTC".to_owned())];
    let mut model = Postgres::new(&Settings::from(zone));
    let (mut expected, mut received) = (Vec::new(), Vec::new());
    let (mut pipeline, mut ready) = (Vec::new(), 0);
    for message in script.iter().flat_map(|Unit(messages)| messages) {
        pipeline.extend_from_slice(message);
        let replies = take_replies(&mut model.take(message));
        ready += replies.iter().filter(|reply| reply.tag == backend::READY_FOR_QUERY).count();
        expected.extend(replies);
        if is_patient && ready > 0 {
            client.send(&std::mem::take(&mut pipeline));
            received.extend(client.until_ready(std::mem::take(&mut ready)));
        }
    }
    client.send(&pipeline);
    received.extend(client.until_ready(ready));
    prop_assert!(model.is_at_rest());
    prop_assert_eq!(comparable(&received), comparable(&expected));
    Ok(())
}

/// Call `talk` with a client of a gateway that runs for as long as this program does.
fn with_gateway<T>(talk: impl FnOnce(&mut Client) -> T) -> T {
    thread_local! {
        static CLIENT: RefCell<Client> = {
            let gateway = start(&json!({"default_pool_size": 2}));
            let client = connect(&gateway);
            std::mem::forget(gateway);
            RefCell::new(client)
        };
    }
    CLIENT.with_borrow_mut(talk)
}

fn configuration() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn the_model_answers_as_postgresql_does(script in patient()) {
        thread_local! {
            static CLIENT: RefCell<Client> = RefCell::new(connect_directly());
        }
        CLIENT.with_borrow_mut(|client| compare(client, &script, true))?;
    }

    #[test]
    fn the_gateway_answers_a_patient_client_as_postgresql_does(script in patient()) {
        with_gateway(|client| compare(client, &script, true))?;
    }

    #[test]
    fn the_gateway_answers_a_hasty_client_as_postgresql_does(script in hasty()) {
        with_gateway(|client| compare(client, &script, false))?;
    }
}
