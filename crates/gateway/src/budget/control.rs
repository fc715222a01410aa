//! The control connection: it looks at PostgreSQL, is lent to nobody, and its name tells other gateways what this
//! one holds.

use pgwire::backend::{self, Fields};
use pgwire::{WireError, frame, frontend};

use super::arithmetic::Published;
use super::look::{self, Look, Row};
use crate::connect;
use crate::gateway::Common;
use crate::pool::{Order, Target};
use crate::report::Refusal;
use crate::server::Server;

/// Largest message that an answer has, in bytes.
const MESSAGE_LIMIT: u32 = 64 * 1024;

/// A control connection.
#[derive(Debug)]
pub(super) struct Control {
    server: Box<Server>,
    address: String,
}

impl Control {
    /// Log in, with a name that says from the first moment what this is.
    ///
    /// # Errors
    /// What PostgreSQL, or the way to it, has against it.
    pub(super) async fn connect(target: Target, common: &Common) -> Result<Self, Refusal> {
        let address = target.address.to_string();
        let order = Order { target: target.into(), generation: 0 };
        let server = Box::new(connect::log_in(&order, common).await?);
        Ok(Self { server, address })
    }

    /// Publish, and look.
    ///
    /// # Errors
    /// The connection is of no use then.
    ///
    /// # Cancel safety
    /// Not cancel safe: the connection is of no use then.
    pub(super) async fn look(&mut self, published: Published) -> Result<Look, Refusal> {
        let question = look::question(published, std::process::id());
        let rows = self.ask(&question).await?;
        let look = Look::read(&rows).ok_or_else(|| self.broken("an answer that is none"))?;
        match &look.is_blind {
            Some(user) => Err(blind(user)),
            None => Ok(look),
        }
    }

    fn broken(&self, what: &str) -> Refusal {
        Refusal::server_protocol(&self.address, &format!("control connection: {what}"))
    }

    async fn ask(&mut self, question: &str) -> Result<Vec<Row>, Refusal> {
        let mut message = Vec::new();
        frontend::put_query(&mut message, question.as_bytes());
        let sent = self.server.stream.write_all(&message).await;
        sent.map_err(|error| self.broken(&error.to_string()))?;
        let (mut received, mut rows, mut refusal) = (Vec::new(), Vec::new(), None);
        loop {
            let split = frame::split(&received, MESSAGE_LIMIT);
            let split = split.map_err(|error| self.broken(&error.to_string()))?;
            let Some((tag, body, rest)) = split else {
                match self.server.stream.read_some(&mut received).await {
                    Ok(0) => return Err(self.broken("closed by PostgreSQL")),
                    Ok(_) => continue,
                    Err(error) => return Err(self.broken(&error.to_string())),
                }
            };
            match tag {
                backend::DATA_ROW => {
                    let row = read_row(body).map_err(|error| self.broken(&error.to_string()))?;
                    rows.push(row);
                }
                backend::ERROR_RESPONSE => refusal = Some(refused(body)),
                backend::READY_FOR_QUERY => return refusal.map_or(Ok(rows), Err),
                _ => {}
            }
            let left = rest.len();
            received.drain(..received.len() - left);
        }
    }
}

fn blind(user: &str) -> Refusal {
    let what = format!("control_user \"{user}\" does not see what other sessions hold");
    let hint = format!("GRANT pg_monitor TO \"{user}\", or give max_server_connections a number");
    Refusal { hint, ..Refusal::server_refused("42501", &what) }
}

/// The values of a DataRow.
fn read_row(body: &[u8]) -> Result<Row, WireError> {
    let text = |value| String::from_utf8_lossy(value).into_owned();
    Ok(backend::data_row(body)?.into_iter().map(|value| value.map(text)).collect())
}

/// The refusal for an ErrorResponse.
fn refused(body: &[u8]) -> Refusal {
    let text = |code| {
        String::from_utf8_lossy(Fields::new(body).get(code).unwrap_or_default()).into_owned()
    };
    Refusal::server_refused(&text(b'C'), &format!("{} {}", text(b'S'), text(b'M')))
}
