//! Why the data plane could not start, or not take up another configuration.

use std::io;

use thiserror::Error;

/// Why the data plane could not start. [`StartError::hint`] says what to do about it.
#[derive(Debug, Error)]
pub enum StartError {
    /// The configuration breaks a rule.
    #[error("invalid configuration: {message}")]
    Configuration {
        /// Which field, and which rule.
        message: String,
    },
    /// A listening address could not be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address as configured, with its port.
        address: String,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A thread or its runtime could not be made.
    #[error("cannot start worker {worker}: {source}")]
    Worker {
        /// Index of the worker.
        worker: usize,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl StartError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Configuration { .. } => "correct the setting and try again".to_owned(),
            Self::Listen { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    "another program listens there: stop it, or choose another listen_port"
                        .to_owned()
                }
                io::ErrorKind::PermissionDenied => {
                    "choose a port above 1023, or a directory this user may write to".to_owned()
                }
                io::ErrorKind::AddrNotAvailable => {
                    "listen_addr must be an address of this machine, such as 127.0.0.1".to_owned()
                }
                _ => "check listen_addr, listen_port and unix_socket_dir".to_owned(),
            },
            Self::Worker { .. } => {
                "lower workers, or raise the limits on threads and open files".to_owned()
            }
        }
    }
}
