//! Answers what a client may ask while it holds no server.

use pgwire::backend::{self, Status};
use pgwire::frontend::{self, Target};

use super::message::{Message, Step, deallocated, discard};
use super::scan::scan;
use super::{ClientState, SessionError, WHOLE_LIMIT};

/// A message from a client that holds no server.
pub(super) fn message(
    client: &mut ClientState,
    message: &Message<'_>,
    to_client: &mut Vec<u8>,
) -> Result<Step, SessionError> {
    let size = message.header.size;
    message.check_empty()?;
    match message.header.tag {
        frontend::TERMINATE => return Ok(Step::Terminate),
        frontend::SYNC => {
            client.skipping = false;
            backend::put_ready_for_query(to_client, Status::Idle);
            return Ok(discard(client, message));
        }
        tag if !frontend::is_known(tag) || tag == frontend::PASSWORD => {
            return Err(SessionError::ClientTag(tag));
        }
        // COPY data after the COPY has failed: PostgreSQL ignores it too.
        frontend::FLUSH | frontend::COPY_DATA | frontend::COPY_DONE | frontend::COPY_FAIL => {
            return Ok(discard(client, message));
        }
        _ if client.skipping => return Ok(discard(client, message)),
        _ => {}
    }
    match message.header.tag {
        frontend::CLOSE => {
            let Some(body) = message.whole_body()? else {
                return Ok(Step::Wait);
            };
            // No transaction is open, so there is no portal; and closing what is not there is no error.
            match Target::parse(body)? {
                Target::Statement(b"") => client.unnamed = None,
                Target::Statement(name) => {
                    client.statements.remove(name);
                }
                Target::Portal(_) => {}
            }
            to_client.extend_from_slice(&backend::CLOSE_COMPLETE_MESSAGE);
            return Ok(Step::Used(size));
        }
        frontend::QUERY if message.is_whole() => {
            let text = frontend::query(message.body())?;
            if let Some(name) = deallocated(client, text) {
                client.statements.remove(&*name);
                // A simple query destroys the unnamed statement.
                client.unnamed = None;
                backend::put_command_complete(to_client, b"DEALLOCATE");
                backend::put_ready_for_query(to_client, Status::Idle);
                return Ok(Step::Used(size));
            }
            if client.tracking.is_on {
                client.tracking.scanned = Some(scan(text));
            }
            return Ok(Step::Server);
        }
        _ => {}
    }
    if message.is_whole() && client.tracking.is_on {
        client.look_ahead(message);
    }
    // A client that dribbles a message must not hold a server meanwhile.
    Ok(if message.is_whole() || size > WHOLE_LIMIT { Step::Server } else { Step::Wait })
}
