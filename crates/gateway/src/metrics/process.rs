//! What the operating system says of this process, under the names that every Prometheus client uses.

use super::text::{Family, Kind, Labels};

/// Clock ticks in a second, as far as `/proc` is concerned.
const TICKS: f64 = 100.0;

/// Every figure of the process. One that cannot be read is left out.
pub(super) const FAMILIES: &[Family<()>] = &[
    Family::many(
        "process_cpu_seconds_total",
        Kind::Counter,
        "CPU time of the process, user and system.",
        |()| one(cpu()),
    ),
    Family::many(
        "process_resident_memory_bytes",
        Kind::Gauge,
        "Memory of the process that is in RAM.",
        |()| one(status("VmRSS:")),
    ),
    Family::many(
        "process_virtual_memory_bytes",
        Kind::Gauge,
        "Address space of the process.",
        |()| one(status("VmSize:")),
    ),
    Family::many("process_open_fds", Kind::Gauge, "File descriptors that are open.", |()| {
        one(open_files())
    }),
    Family::many("process_max_fds", Kind::Gauge, "File descriptors that may be open.", |()| {
        one(open_files_limit())
    }),
    Family::many(
        "process_start_time_seconds",
        Kind::Gauge,
        "When the process started, in seconds since 1970.",
        |()| one(start()),
    ),
];

fn one(value: Option<f64>) -> Vec<(Labels, f64)> {
    value.map(|value| (Labels::new(), value)).into_iter().collect()
}

/// The fields of `/proc/self/stat` behind the program's name, which may hold anything.
fn stat() -> Option<Vec<f64>> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    // The first is a letter: the state.
    Some(fields.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect())
}

fn cpu() -> Option<f64> {
    let stat = stat()?;
    Some((stat.get(11)? + stat.get(12)?) / TICKS)
}

fn start() -> Option<f64> {
    let since_boot = *stat()?.get(19)? / TICKS;
    let system = std::fs::read_to_string("/proc/stat").ok()?;
    let boot = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(boot.trim().parse::<f64>().ok()? + since_boot)
}

/// A size in `/proc/self/status`, which gives them in kB.
fn status(name: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0)
}

fn open_files() -> Option<f64> {
    let count = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // Reading the folder takes one.
    Some(super::text::size(count.saturating_sub(1)))
}

fn open_files_limit() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_as_the_kernel_says() {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs_f64();
        assert!((now - 86_400.0..=now + 1.0).contains(&start().unwrap()));
        assert!(cpu().unwrap() >= 0.0);
        assert!(status("VmRSS:").unwrap() > 1_000_000.0);
        assert!(status("VmSize:").unwrap() >= status("VmRSS:").unwrap());
        assert!(open_files().unwrap() >= 3.0);
        assert!(open_files_limit().unwrap() >= open_files().unwrap());
    }
}
