"""What a pooler costs: Forebay beside PgBouncer, in one run, on one PostgreSQL."""
