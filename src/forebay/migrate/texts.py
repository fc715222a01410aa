"""Refusals with Prisma's codes, in the words that people and programs look for."""

from __future__ import annotations

from datetime import UTC, datetime

from forebay.errors import MigrationError

EXAMPLE = "20201207184859_initial_migration"


def not_empty() -> MigrationError:
    """A database with tables, and without a history."""
    return MigrationError(
        "P3005",
        "The database schema is not empty. Read more about how to baseline an existing production"
        " database: https://pris.ly/d/migrate-baseline",
        hint="record the migrations that it already holds with"
        " `forebay migrate resolve --applied NAME`",
    )


def unclean(name: str, error: str, code: str = "", hint: str | None = None) -> MigrationError:
    """A migration that fails on the shadow database."""
    told = f"\nError code: {code}" if code else ""
    return MigrationError(
        "P3006",
        f"Migration `{name}` failed to apply cleanly to the shadow database. {told}"
        f"\nError:\n{error}",
        hint=hint
        or f"the shadow database holds what the migrations before it have made, and no rows: mend"
        f" the script of `{name}`, or have an earlier one make what was made by hand",
    )


def already_applied(name: str) -> MigrationError:
    """A migration that is to be recorded as applied, and is."""
    return MigrationError(
        "P3008", f"The migration `{name}` is already recorded as applied in the database."
    )


def failed_before(failed: list[tuple[str, datetime, int]]) -> MigrationError:
    """Migrations that were started, and neither finished nor marked as rolled back."""
    lines = "".join(
        f"The `{name}` migration started at {moment(at)} failed\n" for name, at, _ in failed
    )
    steps = [f"{name}: {count} of its steps were done" for name, _, count in failed if count]
    done = f" ({'; '.join(steps)})" if steps else ""
    return MigrationError(
        "P3009",
        "migrate found failed migrations in the target database, new migrations will not be"
        " applied. Read more about how to resolve migration issues in a production database:"
        f" https://pris.ly/d/migrate-resolve\n{lines}",
        hint=f"look at what it left behind{done}; then `forebay migrate resolve --rolled-back NAME`"
        " to have it run again, or `--applied NAME` where all of it is there",
    )


def moment(at: datetime) -> str:
    """Return a time with the digits of its fraction that are needed, three by three."""
    at = at.astimezone(UTC)
    fraction = ""
    if at.microsecond:
        fraction = f".{at.microsecond:06d}"
        fraction = fraction.removesuffix("000")
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def long_name() -> MigrationError:
    """A name that the table has no room for."""
    return MigrationError(
        "P3010",
        "The name of the migration is too long. It must not be longer than 200 characters (bytes).",
    )


def nameless(given: str) -> MigrationError:
    """A migration that nobody has named, where nobody can be asked."""
    why = f"`{given}` holds no letter or digit" if given else "--name does not say which"
    return MigrationError(
        "",
        f"a migration is to be written, and needs a name: {why}, and there is no terminal to ask"
        " at. Nothing was written, and nothing applied.",
        hint="name it with `forebay migrate dev --name NAME`; `forebay migrate deploy` only applies"
        " the migrations that are there",
    )


def never_applied(name: str) -> MigrationError:
    """A migration that is to be rolled back, and that the database has not heard of."""
    return MigrationError(
        "P3011",
        f"Migration `{name}` cannot be rolled back because it was never applied to the database."
        f' Hint: did you pass in the whole migration name? (example: "{EXAMPLE}")',
    )


def not_failed(name: str) -> MigrationError:
    """A migration that is to be rolled back, and went well."""
    return MigrationError(
        "P3012",
        f"Migration `{name}` cannot be rolled back because it is not in a failed state.",
    )


def no_shadow(why: str, hint: str | None = None) -> MigrationError:
    """No database to try migrations on."""
    return MigrationError(
        "P3014",
        "Prisma Migrate could not create the shadow database. Please make sure the database user"
        " has permission to create databases. Read more about the shadow database (and"
        f" workarounds) at https://pris.ly/d/migrate-shadow\n\nOriginal error: {why}",
        hint=hint,
    )


def no_script(path: str, hint: str | None = None) -> MigrationError:
    """A migration's folder without a script, or with one that cannot be read."""
    return MigrationError(
        "P3015",
        f"Could not find the migration file at {path}. Please delete the directory or restore the"
        " migration file.",
        hint=hint,
    )


def no_folder(path: str) -> MigrationError:
    """A file where the migrations' folder should be."""
    return MigrationError(
        "", f"{path} is a file, and migrations are in a folder", hint="move the file away"
    )


def unsayable(name: bytes) -> MigrationError:
    """A migration's folder whose name no database can hold."""
    return MigrationError(
        "",
        f"a migration's folder has a name that is not UTF-8: {name!r}",
        hint="give it a name of letters, digits and underscores",
    )


def copies(name: str) -> MigrationError:
    """A script with rows to copy, which only a client such as psql sends."""
    return not_applied(
        name,
        "0A000",
        "the script holds COPY from STDIN or to STDOUT, which only works in a client such as psql",
        "write INSERT statements in its place, or run that part with psql; nothing was sent",
    )


def unknown(name: str) -> MigrationError:
    """A migration that the folder does not hold."""
    return MigrationError(
        "P3017",
        f"The migration {name} could not be found. Please make sure that the migration exists, and"
        f' that you included the whole name of the directory. (example: "{EXAMPLE}")',
    )


def not_applied(name: str, code: str, error: str, hint: str | None = None) -> MigrationError:
    """A migration that PostgreSQL has refused."""
    return MigrationError(
        "P3018",
        "A migration failed to apply. New migrations cannot be applied before the error is"
        " recovered from. Read more about how to resolve migration issues in a production"
        f" database: https://pris.ly/d/migrate-resolve\n\nMigration name: {name}\n\n"
        f"Database error code: {code}\n\nDatabase error:\n{error}",
        hint=hint,
    )


def other_provider(found: str) -> MigrationError:
    """Migrations that were made for another database."""
    return MigrationError(
        "P3019",
        "The datasource provider `postgresql` specified in your schema does not match the one"
        f" specified in the migration_lock.toml, `{found}`. Please remove your current migration"
        " directory and start a new migration history with prisma migrate dev. Read more:"
        " https://pris.ly/d/migrate-provider-switch",
    )


def unreachable(address: str, why: str) -> MigrationError:
    """A server that does not answer."""
    return MigrationError(
        "P1001",
        f"Can't reach database server at `{address}`\n\nPlease make sure your database server is"
        f" running at `{address}`.",
        hint=why,
    )


def refused(address: str, user: str) -> MigrationError:
    """A user or a password that the server does not take."""
    return MigrationError(
        "P1000",
        f"Authentication failed against database server at `{address}`, the provided database"
        f" credentials for `{user}` are not valid.\n\nPlease make sure to provide valid database"
        f" credentials for the database server at `{address}`.",
    )


def wrong_url(what: str) -> MigrationError:
    """A URL with a setting that nobody takes."""
    return MigrationError(
        "P1013",
        f"The provided database string is invalid. {what}",
        hint="look at what stands behind the ? of DATABASE_URL: sslmode is disable, allow, prefer,"
        " require, verify-ca or verify-full; connect_timeout is seconds; options are given to the"
        " server as they are, with %20 for a space and %3D for =",
    )


def no_tls(why: str) -> MigrationError:
    """A server with which no encrypted connection comes about."""
    return MigrationError(
        "P1011",
        f"Error opening a TLS connection: {why}",
        hint="have the server accept TLS and name its certificate's authority with sslrootcert; or,"
        " on a network that you trust, ask for none with sslmode=disable in DATABASE_URL",
    )


def not_made(database: str, address: str, why: str) -> MigrationError:
    """A database that is missing, and that may not be made."""
    return MigrationError(
        "P1003",
        f"Database `{database}` does not exist on `{address}`, and could not be made: {why}",
        hint="have somebody who may create it (`createdb`), or correct the name in DATABASE_URL",
    )


def no_database(database: str, address: str) -> MigrationError:
    """A database that is not there."""
    return MigrationError("P1003", f"Database `{database}` does not exist on `{address}`")


def locked(address: str, seconds: float, holder: str) -> MigrationError:
    """A lock that somebody else holds."""
    return MigrationError(
        "P1002",
        f"The database server at `{address}` was reached but timed out.\n\nPlease try again.\n\n"
        f"Please make sure your database server is running at `{address}`.\n\nContext: Timed out"
        " trying to acquire a postgres advisory lock (SELECT pg_advisory_lock(72707369)). Elapsed:"
        f" {round(seconds * 1000)}ms. See https://pris.ly/d/migrate-advisory-locking for details.",
        hint=holder,
    )


def lost(what: str) -> MigrationError:
    """A server that went away."""
    return MigrationError(
        "P1017",
        "Server has closed the connection.",
        hint=f"{what}; see what `forebay migrate status` says before the next try",
    )


def nothing_there() -> MigrationError:
    """A database that is to be pulled, and holds nothing."""
    return MigrationError(
        "P4001",
        "The introspected database was empty.",
        hint="create a table first, or have the URL name the database (and, with ?schema=, the"
        " schema) that holds them",
    )


def leads_out(
    schema: str, table: str, other_schema: str, other: str, constraint: str
) -> MigrationError:
    """A foreign key to a table in a schema that is not looked at."""
    return MigrationError(
        "P4002",
        "The schema of the introspected database was inconsistent: Cross schema references are only"
        " allowed when the target schema is listed in the schemas property of your datasource."
        f" `{schema}.{table}` points to `{other_schema}.{other}` in constraint `{constraint}`."
        f" Please add `{other_schema}` to your `schemas` property and run this command again.",
    )
