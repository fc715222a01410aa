"""What each migration writes down: whether the lock is held by the very server it runs on."""

LOCK = 4711
HELD = "(select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())"


def step(name: str) -> str:
    """Return the statement that a migration ends with."""
    return f"insert into step select '{name}', {HELD}"
