//! TCP options of sockets that are connected.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::net::sockopt;

use crate::configuration::Configuration;

/// Set what the configuration asks for. A connection that will not have it is used as it is.
pub fn tune(socket: impl AsFd, configuration: &Configuration) {
    let is_set = set(&socket, configuration).and_then(|()| choose_congestion_control(&socket));
    if let Err(error) = is_set {
        tracing::debug!(%error, "a TCP option cannot be set");
    }
}

/// What every Linux has, and what costs least for each segment.
const PLAIN_CONGESTION_CONTROL: &str = "reno";

/// Have a connection that never leaves this machine do without the machine's congestion control: there is nothing to
/// find out about its path, and BBR would measure and pace it all the same.
fn choose_congestion_control(socket: impl AsFd) -> io::Result<()> {
    let peer = rustix::net::getpeername(&socket)?;
    let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
    if peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) {
        sockopt::set_tcp_congestion(&socket, PLAIN_CONGESTION_CONTROL)?;
    }
    Ok(())
}

fn set(socket: impl AsFd, configuration: &Configuration) -> io::Result<()> {
    if configuration.tcp_keepalive {
        sockopt::set_socket_keepalive(&socket, true)?;
        let seconds = |count: u32| Duration::from_secs(count.into());
        if configuration.tcp_keepidle > 0 {
            sockopt::set_tcp_keepidle(&socket, seconds(configuration.tcp_keepidle))?;
        }
        if configuration.tcp_keepintvl > 0 {
            sockopt::set_tcp_keepintvl(&socket, seconds(configuration.tcp_keepintvl))?;
        }
        if configuration.tcp_keepcnt > 0 {
            sockopt::set_tcp_keepcnt(&socket, configuration.tcp_keepcnt)?;
        }
    }
    if configuration.tcp_user_timeout > 0 {
        sockopt::set_tcp_user_timeout(&socket, configuration.tcp_user_timeout)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn options_reach_the_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let text = r#"{"databases": [{"name": "*", "host": "h"}], "tcp_keepidle": 11,
            "tcp_keepintvl": 12, "tcp_keepcnt": 3, "tcp_user_timeout": 1500}"#;
        let configuration = Configuration::from_json(text).unwrap();
        let socket = TcpStream::connect(address).unwrap();
        set(&socket, &configuration).unwrap();
        assert!(sockopt::socket_keepalive(&socket).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&socket).unwrap(), Duration::from_secs(11));
        assert_eq!(sockopt::tcp_keepintvl(&socket).unwrap(), Duration::from_secs(12));
        assert_eq!(sockopt::tcp_keepcnt(&socket).unwrap(), 3);
        assert_eq!(sockopt::tcp_user_timeout(&socket).unwrap(), 1500);
        choose_congestion_control(&socket).unwrap();
        assert_eq!(sockopt::tcp_congestion(&socket).unwrap(), PLAIN_CONGESTION_CONTROL);

        let socket = TcpStream::connect(address).unwrap();
        set(&socket, &Configuration { tcp_keepalive: false, ..Configuration::default() }).unwrap();
        assert!(!sockopt::socket_keepalive(&socket).unwrap());
    }
}
