"""Every setting of the gateway: name, type, default, when it applies, who acts on it, what it does.

This is the one registry. Names, meanings and defaults are PgBouncer's; an unknown name is an error.
"""

from typing import Literal

from forebay.serve.registry import SettingDescription, Table, describe, setting
from forebay.serve.tables import Database, Peer, PoolMode, User
from forebay.serve.values import Addresses, Duration, Limit, Mode, Names, OptionalPath, OptionalText

__all__ = ["TABLES", "Database", "Peer", "PoolMode", "Settings", "User", "describe_settings"]

AuthType = Literal[
    "trust", "plain", "md5", "scram-sha-256", "any", "hba", "cert", "pam", "ldap", "peer"
]
# What the data plane can check; the others are known and refused by name.
BUILT_AUTH_TYPES = ("trust", "plain", "md5", "scram-sha-256", "cert")
LogLevel = Literal["error", "warn", "info", "debug"]
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

# The tables that stand beside the settings themselves, by the name of their section.
TABLES: dict[str, type[Table]] = {"databases": Database, "users": User, "peers": Peer}

_AUTH_QUERY = (
    "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END"
    " FROM pg_authid WHERE rolname=$1 AND rolcanlogin"
)
_BUFFERS = "buffers belong to the workers and messages are streamed: there is nothing to size"
_RESOLVER = "names are looked up by the system at each connection, and nothing is kept"
_SILENT = "a client that says nothing costs a descriptor, until client_login_timeout"
_SUSPEND = "SUSPEND is refused: no other process could take the sockets over"
_SYSLOG = "it says how to write to syslog, which is not built yet"
_CONFFILE = "the file that was named at the start is the one that is read again"
_NAMES = "nothing here goes by that name: the process is called what it is"


class Settings(Table):
    """The gateway's settings."""

    # Where clients come in.
    listen_addr: Addresses = setting(
        ["127.0.0.1"], "Addresses to listen on; * is every address", applies="restart"
    )
    listen_port: int = setting(
        6432, "Port to listen on; 0 picks a free one", applies="restart", ge=0, le=65535
    )
    unix_socket_dir: OptionalText = setting(
        None, "Folder of the unix socket; none when absent", applies="restart"
    )
    unix_socket_mode: Mode = setting(
        0o777, "Permission bits of the unix socket", applies="restart", ge=0, le=0o777
    )
    unix_socket_group: OptionalText = setting(
        None, "Group that owns the unix socket", applies="restart", home="command"
    )
    listen_backlog: int = setting(
        128, "Connections the kernel queues before they are accepted", applies="restart", ge=1
    )
    so_reuseport: bool = setting(
        False, "Share the port with other processes", applies="restart", home="later"
    )
    workers: int = setting(
        1, "Threads that move bytes", applies="restart", is_ours=True, ge=1, le=1024
    )

    # The process.
    logfile: OptionalPath = setting(
        None, "File the log goes to instead of standard error", home="command"
    )
    pidfile: OptionalPath = setting(
        None, "File that holds the process id while it runs", applies="restart", home="command"
    )
    user: OptionalText = setting(
        None, "Account to become when started as root", applies="restart", home="command"
    )
    conffile: OptionalPath = setting(
        None, "Settings file to read at a reload", home="nothing", note=_CONFFILE
    )
    job_name: str = setting(
        "pgbouncer", "Name of the process", applies="restart", home="nothing", note=_NAMES
    )
    service_name: OptionalText = setting(
        None, "Name of a Windows service", applies="restart", home="nothing", note=_NAMES
    )
    peer_id: int = setting(0, "This gateway's number among its peers", home="later", ge=0, le=16383)

    # Who may come in.
    auth_type: AuthType = setting("md5", "How clients prove who they are")
    auth_file: OptionalPath = setting(
        None, "Users and passwords in PgBouncer's userlist.txt form", home="command"
    )
    auth_hba_file: OptionalPath = setting(None, "Rules in pg_hba.conf's form", home="later")
    auth_ident_file: OptionalPath = setting(None, "Map of user names", home="later")
    auth_ldap_options: OptionalText = setting(None, "Where and how to ask LDAP", home="later")
    auth_user: OptionalText = setting(None, "User that looks up those whom auth_file does not list")
    auth_query: str = setting(_AUTH_QUERY, "Its query: $1 is the name, the row name and password")
    auth_dbname: OptionalText = setting(
        None, "Database that auth_query runs in; the client's own when not set"
    )
    scram_iterations: int = setting(
        4096, "Iterations of a SCRAM secret made here from a password", home="later", ge=1
    )
    admin_users: Names = setting([], "Users who may do everything on the console")
    stats_users: Names = setting([], "Users who may look at everything on the console")

    # How servers are shared.
    pool_mode: PoolMode = setting("session", "When a server goes back to its pool")
    max_client_conn: int = setting(100, "Most client connections at once", ge=1)
    default_pool_size: int = setting(20, "Most server connections of one pool", ge=1)
    min_pool_size: int = setting(0, "Server connections a pool in use is kept at", ge=0)
    reserve_pool_size: int = setting(0, "More servers of a pool when clients wait", ge=0)
    reserve_pool_timeout: Duration = setting(
        5, "How long a client waits before the reserve is used; 0 never uses it"
    )
    max_db_connections: int = setting(0, "Most servers of one database; 0 is no limit", ge=0)
    max_db_client_connections: int = setting(0, "Most clients of one database; 0 is no limit", ge=0)
    max_user_connections: int = setting(0, "Most servers of one user; 0 is no limit", ge=0)
    max_user_client_connections: int = setting(0, "Most clients of one user; 0 is no limit", ge=0)
    max_waiting: int = setting(
        0, "Most clients in line for one pool; 0 is no limit", is_ours=True, ge=0
    )
    max_pinned: int | None = setting(
        None,
        "Most clients of one pool that may keep a server beyond a transaction; 0 is no limit, "
        "and without one a server is left for the others",
        is_ours=True,
        ge=0,
    )
    max_server_connections: Limit = setting(
        0,
        "Most connections to one PostgreSQL; 0 is no limit, auto what it has to give",
        is_ours=True,
    )
    control_user: OptionalText = setting(
        None, "Role that looks at PostgreSQL for max_server_connections = auto", is_ours=True
    )
    control_dbname: str = setting("postgres", "Database that control_user logs in to", is_ours=True)
    server_round_robin: bool = setting(False, "Lend the server that has rested longest first")
    max_prepared_statements: int = setting(
        200, "Most prepared statements kept on one server; 0 passes names through", ge=0
    )
    disable_pqexec: bool = setting(False, "Refuse the simple query protocol")
    track_extra_parameters: Names = setting(
        ["IntervalStyle"], "Carried although ignore_startup_parameters names them"
    )
    ignore_startup_parameters: Names = setting([], "Startup parameters to drop in silence")
    application_name_add_host: bool = setting(False, "Add the client's address to its name")
    max_packet_size: int = setting(
        2147483647, "Largest message accepted from a client, in bytes", ge=16384, le=2147483647
    )

    # Time limits; 0 switches one off.
    query_timeout: Duration = setting(0, "Longest a query may run")
    query_wait_timeout: Duration = setting(120, "Longest a client waits for a server")
    query_wait_notify: int = setting(
        5,
        "When a waiting client is told that it waits",
        home="nothing",
        note="a waiting client is not told; it is refused at query_wait_timeout",
        ge=0,
    )
    transaction_timeout: Duration = setting(0, "Longest a transaction may take")
    idle_transaction_timeout: Duration = setting(0, "Longest a transaction may do nothing")
    client_idle_timeout: Duration = setting(0, "Longest a client may do nothing")
    client_login_timeout: Duration = setting(60, "Longest a client may take to log in")
    cancel_wait_timeout: Duration = setting(10, "Longest a cancel request may take")
    suspend_timeout: Duration = setting(
        10, "Longest SUSPEND waits for what is on its way", home="nothing", note=_SUSPEND
    )
    shutdown_timeout: Duration = setting(
        60, "Longest a drain waits for open transactions", is_ours=True
    )
    autodb_idle_timeout: Duration = setting(
        3600, "Idle time after which a database that came from * is forgotten"
    )

    # The health of servers.
    server_lifetime: Duration = setting(
        3600, "Age at which a server is closed when released; 0: used once"
    )
    server_idle_timeout: Duration = setting(600, "Idle time after which a server is closed")
    server_connect_timeout: Duration = setting(15, "Longest a server may take to log in")
    server_login_retry: Duration = setting(15, "Pause after a failed server login")
    server_reset_query: str = setting(
        "DISCARD ALL", "Run in session mode before a server gets its next client"
    )
    server_reset_query_always: bool = setting(False, "Run server_reset_query in every mode")
    server_check_query: str = setting(
        "<empty>", "Asked of a server that rested; <empty> is an empty query, nothing is no check"
    )
    server_check_delay: Duration = setting(30, "Rest after which server_check_query is asked")
    server_fast_close: bool = setting(
        False, "Close a server that must go in the middle of a session"
    )

    # Towards clients, encrypted.
    client_tls_sslmode: SslMode = setting("disable", "Whether clients may or must use TLS")
    client_tls_key_file: OptionalPath = setting(None, "Private key shown to clients")
    client_tls_cert_file: OptionalPath = setting(None, "Certificate shown to clients")
    client_tls_ca_file: OptionalPath = setting(None, "Who may sign clients' certificates")
    client_tls_protocols: str = setting("secure", "TLS versions towards clients")
    client_tls_ciphers: str = setting("default", "Ciphers of TLS 1.2 towards clients")
    client_tls13_ciphers: OptionalText = setting(None, "Ciphers of TLS 1.3 towards clients")
    client_tls_ecdhcurve: str = setting("auto", "Curve of the key exchange with clients")
    client_tls_dheparams: str = setting("auto", "Group of the DHE key exchange with clients")

    # Towards PostgreSQL, encrypted.
    server_tls_sslmode: SslMode = setting("prefer", "Whether servers may or must use TLS")
    server_tls_ca_file: OptionalPath = setting(None, "Who may sign servers' certificates")
    server_tls_key_file: OptionalPath = setting(None, "Private key shown to servers")
    server_tls_cert_file: OptionalPath = setting(None, "Certificate shown to servers")
    server_tls_protocols: str = setting("secure", "TLS versions towards servers")
    server_tls_ciphers: str = setting("default", "Ciphers of TLS 1.2 towards servers")
    server_tls13_ciphers: OptionalText = setting(None, "Ciphers of TLS 1.3 towards servers")

    # The network.
    tcp_defer_accept: bool = setting(
        True,
        "Accept a client once it has sent something",
        home="nothing",
        note=_SILENT,
    )
    tcp_keepalive: bool = setting(True, "Ask a silent peer whether it is still there")
    tcp_keepcnt: int = setting(0, "Unanswered questions after which it is not; 0: system's", ge=0)
    tcp_keepidle: int = setting(0, "Seconds of silence before the first; 0: system's", ge=0)
    tcp_keepintvl: int = setting(0, "Seconds between two of them; 0: system's", ge=0)
    tcp_user_timeout: int = setting(
        0, "Milliseconds that sent data may stay unacknowledged; 0: system's", ge=0
    )
    tcp_socket_buffer: int = setting(
        0, "Size of the kernel's buffers", home="nothing", note="the kernel sizes them", ge=0
    )
    pkt_buf: int = setting(
        4096, "Size of a buffer", applies="restart", home="nothing", note=_BUFFERS, ge=1
    )
    sbuf_loopcnt: int = setting(
        5, "Buffers moved for one client in a row", home="nothing", note=_BUFFERS, ge=0
    )
    dns_max_ttl: Duration = setting(
        15, "How long an address is kept", home="nothing", note=_RESOLVER
    )
    dns_nxdomain_ttl: Duration = setting(
        15, "How long a failed look-up is kept", home="nothing", note=_RESOLVER
    )
    dns_zone_check_period: Duration = setting(
        0, "How often zones are looked at", home="nothing", note=_RESOLVER
    )
    resolv_conf: OptionalPath = setting(
        None, "Settings of the name look-up", applies="restart", home="later"
    )

    # What is said.
    log_connections: bool = setting(True, "Log each login")
    log_disconnections: bool = setting(True, "Log each disconnection")
    log_pooler_errors: bool = setting(True, "Log each refusal that a client is sent")
    log_stats: bool = setting(True, "Log the counters every stats_period")
    stats_period: int = setting(60, "Seconds over which averages are taken", ge=1)
    log_level: LogLevel = setting("info", "Least severe level that is logged", is_ours=True)
    log_format: Literal["text", "json"] = setting(
        "text", "How a log line reads", applies="restart", is_ours=True
    )
    verbose: int = setting(0, "1 or more is the log_level debug", home="command", ge=0)
    syslog: bool = setting(False, "Log to syslog", home="later")
    syslog_ident: str = setting("pgbouncer", "Name in syslog", home="nothing", note=_SYSLOG)
    syslog_facility: str = setting("daemon", "Facility in syslog", home="nothing", note=_SYSLOG)
    metrics_listen: str = setting(
        "",
        "Address and port of /metrics, as 127.0.0.1:9127; none when empty",
        applies="restart",
        is_ours=True,
    )
    metrics_names: Literal["forebay", "pgbouncer_exporter"] = setting(
        "forebay", "Whose names metrics go by", is_ours=True
    )

    databases: dict[str, Database] = setting({}, "What clients may ask for")
    users: dict[str, User] = setting({}, "Who may come in")
    peers: dict[str, Peer] = setting({}, "Gateways that cancel requests go to", home="later")

    def server_connections(self) -> int:
        """Return how many server connections there may be: a pool per database and user, or less.

        What ``auto`` will allow is not known here, so that it counts as no limit.
        """
        users = max(1, len(self.users))
        servers: dict[tuple[str, int], int] = {}
        for database in self.databases.values():
            size = (database.pool_size or self.default_pool_size) * (1 if database.user else users)
            address = (database.host, database.port)
            servers[address] = servers.get(address, 0) + size
        limit = self.max_server_connections
        if not limit or limit == "auto":
            return sum(servers.values())
        return sum(min(size, limit) for size in servers.values())


def describe_settings() -> list[SettingDescription]:
    """Return every top-level setting, in the order of the registry."""
    return list(describe(Settings).values())
