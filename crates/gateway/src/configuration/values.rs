//! How values other than numbers and texts are written.

use std::time::Duration;

use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer};

pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let value = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(value)
        .map_err(|_| serde::de::Error::custom(format!("{value} is not a duration in seconds")))
}

/// A duration that overrides another; null is the same as zero, and does not.
pub(super) fn own_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    let value = Option::<f64>::deserialize(deserializer)?.unwrap_or_default();
    seconds(value.into_deserializer())
}

/// A limit that overrides another; null is the same as 0, and does not.
pub(super) fn own_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A list of names, or a text with commas between them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Text(String),
}

pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = match Names::deserialize(deserializer)? {
        Names::List(names) => names,
        Names::Text(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    Ok(names.into_iter().filter(|name| !name.is_empty()).collect())
}
