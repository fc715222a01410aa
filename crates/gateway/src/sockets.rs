//! TCP options of sockets that are connected.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use crate::configuration::Configuration;
use crate::stream::Stream;

/// Set what the configuration asks for. A connection that will not have it is used as it is.
pub fn tune(stream: &Stream, configuration: &Configuration) {
    if let Stream::Tcp(stream) = stream
        && let Err(error) = set(&SockRef::from(stream), configuration)
    {
        tracing::debug!(%error, "a TCP option cannot be set");
    }
}

fn set(socket: &SockRef<'_>, configuration: &Configuration) -> io::Result<()> {
    if configuration.tcp_keepalive {
        socket.set_keepalive(true)?;
        let seconds = |count: u32| (count > 0).then(|| Duration::from_secs(count.into()));
        let mut keepalive = TcpKeepalive::new();
        if let Some(time) = seconds(configuration.tcp_keepidle) {
            keepalive = keepalive.with_time(time);
        }
        if let Some(time) = seconds(configuration.tcp_keepintvl) {
            keepalive = keepalive.with_interval(time);
        }
        if configuration.tcp_keepcnt > 0 {
            keepalive = keepalive.with_retries(configuration.tcp_keepcnt);
        }
        let is_special =
            [configuration.tcp_keepidle, configuration.tcp_keepintvl, configuration.tcp_keepcnt];
        if is_special.iter().any(|value| *value > 0) {
            socket.set_tcp_keepalive(&keepalive)?;
        }
    }
    if configuration.tcp_user_timeout > 0 {
        let limit = Duration::from_millis(configuration.tcp_user_timeout.into());
        socket.set_tcp_user_timeout(Some(limit))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_reach_the_socket() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let text = r#"{"databases": [{"name": "*", "host": "h"}], "tcp_keepidle": 11,
            "tcp_keepintvl": 12, "tcp_keepcnt": 3, "tcp_user_timeout": 1500}"#;
        let configuration = Configuration::from_json(text).unwrap();
        let stream = std::net::TcpStream::connect(address).unwrap();
        let socket = SockRef::from(&stream);
        set(&socket, &configuration).unwrap();
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(11));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(12));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_millis(1500)));

        let other = std::net::TcpStream::connect(address).unwrap();
        let socket = SockRef::from(&other);
        set(&socket, &Configuration { tcp_keepalive: false, ..Configuration::default() }).unwrap();
        assert!(!socket.keepalive().unwrap());
    }
}
