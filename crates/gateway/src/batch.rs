//! Writes what a batch came to, and keeps what the socket does not take.

use std::io;
use std::task::{Context as TaskContext, Poll};

use crate::session::output::Output;
use crate::stream::Stream;

/// Write a batch: from the input where it stands there, else from the buffer. What the socket does not take
/// now is left in the buffer.
pub(crate) fn write_through(
    stream: &mut Stream,
    cx: &mut TaskContext<'_>,
    output: Output<'_, '_>,
) -> io::Result<()> {
    let (direct, buffer) = output.into_parts();
    let bytes = if direct.is_empty() { buffer.as_slice() } else { direct };
    if bytes.is_empty() {
        return Ok(());
    }
    let count = match stream.poll_write(cx, bytes) {
        Poll::Pending => 0,
        Poll::Ready(result) => result?,
    };
    if direct.is_empty() {
        used(buffer, count);
    } else {
        buffer.extend_from_slice(direct.get(count..).unwrap_or(&[]));
    }
    Ok(())
}

/// Drop the first `count` bytes.
pub(crate) fn used(buffer: &mut Vec<u8>, count: usize) {
    if count == buffer.len() {
        buffer.clear();
    } else {
        buffer.drain(..count);
    }
}
