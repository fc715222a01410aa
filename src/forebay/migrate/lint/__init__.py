"""The linter of migrations: what a script locks, loses and breaks, before it runs."""
