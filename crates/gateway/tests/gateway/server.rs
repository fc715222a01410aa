//! One real PostgreSQL for the whole test program, on a unix socket in a folder of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The superuser that initdb makes.
pub(crate) const USER: &str = "postgres";
/// Its password.
pub(crate) const PASSWORD: &str = "a secret of the tests";

/// What stands between PostgreSQL and this program: it ends the server when its standard input closes, which it
/// does however this program ends, and removes the folder.
const KEEPER: &str = r#"
folder=$1; shift
"$@" </dev/null & server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$folder"
"#;

const TABLES: &str = "CREATE TABLE numbers (n integer); CREATE TABLE versioned (n integer)";

/// The folder that holds the server's socket; the server is started when first asked for.
pub(crate) fn socket_folder() -> &'static Path {
    static SERVER: OnceLock<PathBuf> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> PathBuf {
    let binaries = PathBuf::from(std::env::var_os("FOREBAY_POSTGRES_BIN").expect(
        "FOREBAY_POSTGRES_BIN is not set: it names the folder with initdb and postgres; `make test` sets it",
    ));
    let folder = std::env::temp_dir().join(format!("forebay-gateway-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a new folder can be made");
    let account = account(&folder);
    let secret = folder.join("password");
    std::fs::write(&secret, PASSWORD).unwrap();
    let data = folder.join("data");

    let mut initdb = Command::new(binaries.join("initdb"));
    initdb.arg("--pgdata").arg(&data).arg("--pwfile").arg(&secret).args([
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    let made = run_as(&mut initdb, account).output().unwrap_or_else(|error| {
        panic!("initdb in FOREBAY_POSTGRES_BIN does not run: {error}");
    });
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));

    let mut single = Command::new(binaries.join("postgres"));
    single.arg("--single").arg("-D").arg(&data).arg("postgres");
    let mut child = run_as(&mut single, account)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("postgres runs");
    let mut input = child.stdin.take().expect("a pipe was asked for");
    std::io::Write::write_all(&mut input, format!("{TABLES}\n").as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success(), "the tables cannot be made");

    let mut keeper = Command::new("/bin/sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(binaries.join("postgres"));
    keeper.arg("-D").arg(&data).arg("-k").arg(&folder);
    for setting in
        ["listen_addresses=", "fsync=off", "timezone=Etc/UTC", "lc_messages=C", "log_timezone=UTC"]
    {
        keeper.args(["-c", setting]);
    }
    let mut child = run_as(&mut keeper, account)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // Ctrl-C in the terminal is for this program, and the keeper notices its end.
        .process_group(0)
        .spawn()
        .expect("the shell runs");
    let log = child.stderr.take().expect("a pipe was asked for");
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let mut said = Vec::new();
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("PostgreSQL: {}", said.join("\n")));
        if line.contains("database system is ready to accept connections") {
            break;
        }
        said.push(line);
    }
    std::thread::spawn(move || {
        // A full pipe would stop the server. The other pipe stays open for as long as this program runs.
        lines.for_each(drop);
        child.wait()
    });
    folder
}

/// The account to run as, which owns `folder`: PostgreSQL refuses to run as root.
fn account(folder: &Path) -> Option<(u32, u32)> {
    let metadata = std::fs::metadata(folder).unwrap();
    if std::os::unix::fs::MetadataExt::uid(&metadata) != 0 {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let nobody = accounts.lines().find(|line| line.starts_with("nobody:"));
    let fields: Vec<&str> = nobody.expect("there is an account nobody").split(':').collect();
    let (user, group) = (fields[2].parse().unwrap(), fields[3].parse().unwrap());
    chown(folder, Some(user), Some(group)).expect("the folder can be given to nobody");
    Some((user, group))
}

fn run_as(command: &mut Command, account: Option<(u32, u32)>) -> &mut Command {
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin")
}
