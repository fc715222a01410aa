//! Settings that are one of several words.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When a server goes back to its pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolMode {
    /// When the client disconnects.
    Session,
    /// When the transaction ends.
    Transaction,
    /// When the statement ends; a transaction block is refused.
    Statement,
}

impl PoolMode {
    const ALL: [Self; 3] = [Self::Session, Self::Transaction, Self::Statement];

    /// The mode whose `as u8` this is.
    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Session)
    }
}

/// How clients prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum AuthType {
    /// The user must be listed; no password is asked.
    #[serde(rename = "trust")]
    Trust,
    /// The password crosses the wire as it is.
    #[serde(rename = "plain")]
    Plain,
    /// MD5 challenge; SCRAM for users whose stored secret is a SCRAM verifier.
    #[serde(rename = "md5")]
    Md5,
    /// SCRAM-SHA-256.
    #[serde(rename = "scram-sha-256")]
    Scram,
    /// A client certificate whose common name is the user's.
    #[serde(rename = "cert")]
    Cert,
}

/// When TLS is used, and what is checked of the other side's certificate. In order of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Never.
    Disable,
    /// Clients: when they ask. PostgreSQL: when it refuses to go without.
    Allow,
    /// Clients: when they ask. PostgreSQL: when it can.
    Prefer,
    /// Always, whatever the certificate.
    Require,
    /// Always, with a certificate that the CA file vouches for.
    VerifyCa,
    /// The same, and towards PostgreSQL the certificate bears the host's name.
    VerifyFull,
}

/// Under which names `/metrics` has its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsNames {
    /// Forebay's own.
    Forebay,
    /// Those of prometheus-community's pgbouncer_exporter.
    PgbouncerExporter,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Most connections to one PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerLimit {
    /// Any number.
    #[default]
    Off,
    /// That many.
    Number(usize),
    /// What PostgreSQL has to give, shared with other gateways.
    Auto,
}

impl<'de> Deserialize<'de> for ServerLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(usize),
            Word(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(0) => Ok(Self::Off),
            Written::Number(number) => Ok(Self::Number(number)),
            Written::Word(word) if word == "auto" => Ok(Self::Auto),
            Written::Word(word) => {
                let message = format!("{word:?} is neither a number nor \"auto\"");
                Err(serde::de::Error::custom(message))
            }
        }
    }
}

impl Serialize for ServerLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_u64(0),
            Self::Number(number) => number.serialize(serializer),
            Self::Auto => serializer.serialize_str("auto"),
        }
    }
}
