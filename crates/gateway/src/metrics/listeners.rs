//! The figures of shared listeners.

use super::text::{Family, float, size};
use crate::shared_listener::Totals;

pub(super) const FAMILIES: &[Family<Totals>] = &[
    Family::gauge(
        "forebay_listeners",
        "Connections to PostgreSQL that listen for clients which hold no server.",
        |totals| size(totals.open),
    ),
    Family::gauge("forebay_listener_channels", "Channels they listen on.", |totals| {
        size(totals.channels)
    }),
    Family::gauge("forebay_listener_clients", "Clients that listen by them.", |totals| {
        size(totals.clients)
    }),
    Family::counter(
        "forebay_notifications_received_total",
        "Notifications that PostgreSQL has sent them.",
        |totals| float(totals.received),
    ),
    Family::counter(
        "forebay_notifications_delivered_total",
        "Notifications handed on to clients, one for each client.",
        |totals| float(totals.delivered),
    ),
    Family::counter(
        "forebay_listeners_lost_total",
        "Listeners lost, each with all its clients.",
        |totals| float(totals.lost),
    ),
];
