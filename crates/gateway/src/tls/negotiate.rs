//! Asks PostgreSQL for TLS before anything else is said.

use std::io;

use pgwire::startup;

use super::Servers;
use crate::stream::Stream;

/// What PostgreSQL says to a request for TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes, and the session has begun.
    Encrypted,
    /// No; the connection can be used without.
    Plain,
}

/// Ask for TLS on a fresh connection to PostgreSQL on `host`, and go through the handshake if there is to be one.
///
/// # Errors
/// The connection failed, the handshake did, or the answer was neither yes nor no. The connection is of no use
/// then.
pub async fn request(stream: &mut Stream, host: &str, servers: &Servers) -> io::Result<Answer> {
    let mut packet = Vec::new();
    startup::put_ssl(&mut packet);
    stream.write_all(&packet).await?;
    let mut reply = Vec::new();
    if stream.read_some(&mut reply).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    match reply.as_slice() {
        b"S" => {
            let session = servers.connect(host).map_err(io::Error::other)?;
            stream.start_tls(session, Vec::new()).await?;
            Ok(Answer::Encrypted)
        }
        b"N" => Ok(Answer::Plain),
        // Whoever sits between could have put it there, to be taken for something said under TLS.
        [b'S' | b'N', ..] => Err(invalid("data came behind the answer to the request for TLS")),
        _ => Err(invalid("the answer to the request for TLS was neither yes nor no")),
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
