"""`forebay up`: a pooler in front of a database, for development, from one command."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from forebay.cli import report
from forebay.cli.upstream import Upstream, embedded_upstream, file_upstream, url_upstream
from forebay.errors import ConfigurationError, ForebayError
from forebay.serve.addresses import require_addresses
from forebay.serve.lifecycle import interruptible_start, run
from forebay.serve.limits import clients_that_fit, raise_descriptor_limit, require_descriptors
from forebay.serve.load import make_settings, read_file
from forebay.serve.own_log import use_log_format
from forebay.serve.render import render
from forebay.serve.settings import Settings
from forebay.serve.source import SettingsFile

# What differs from PgBouncer's defaults, because `up` is for trying a transaction pooler.
_DEFAULTS = {"pool_mode": "transaction", "auth_type": "scram-sha-256", "max_client_conn": 10_000}


def up(
    *,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Keep nothing: a temporary database.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where the embedded database lives. (default: .forebay)", metavar="DIR"),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(help="An existing server instead of the embedded one.", metavar="URL"),
    ] = None,
    pool_size: Annotated[
        int | None,
        typer.Option(help="Server connections of a pool. (default: 20)", metavar="N"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port of the pooler; 0 picks one. (default: 6432)", metavar="N"),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings by PgBouncer's names.", metavar="FILE.toml")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Threads that move bytes. (default: 1)", metavar="N")
    ] = None,
) -> None:
    """Start a database and a pooler before it, print both URLs, and run until Ctrl-C.

    DATABASE_URL goes through the pooler; DIRECT_URL goes straight to PostgreSQL.
    """
    options = {"default_pool_size": pool_size, "listen_port": port, "workers": workers}
    given = {name: value for name, value in options.items() if value is not None}
    try:
        with interruptible_start(), ExitStack() as stack:
            file = read_file(config) if config is not None else None
            _refuse_contradictions(
                file, ephemeral=ephemeral, data_dir=data_dir, database_url=database_url
            )
            settings = make_settings(given, file, _DEFAULTS)
            use_log_format(settings.log_format)
            is_our_choice = file is None or "max_client_conn" not in file.values
            limit = raise_descriptor_limit()
            # Whatever can be refused is refused before a database is created or started.
            settings = _fit(settings, limit, is_our_choice=is_our_choice)
            require_addresses(settings)
            if database_url is not None:
                upstream = url_upstream(settings, database_url)
            elif settings.databases:
                upstream = file_upstream(settings)
            else:
                upstream = embedded_upstream(settings, stack, data_dir, is_ephemeral=ephemeral)
            settings = _fit(upstream.complete(settings), limit, is_our_choice=is_our_choice)
            run(render(settings), lambda addresses: _announce(upstream, settings, addresses))
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    except OSError as error:
        # Whatever has its own words was given them above: this is a full disk, or a missing right.
        place = f"{error.filename}: " if error.filename else ""
        refusal = ConfigurationError(
            f"{place}{error.strerror or error}", hint="check the rights and the free space there"
        )
        raise typer.Exit(report(refusal)) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _refuse_contradictions(file: SettingsFile | None, **options: Any) -> None:
    chosen = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if file is not None and file.values.get("databases"):
        chosen.append(f"[databases] in {file.path}")
    if len(chosen) > 1:
        raise ConfigurationError(
            f"{' and '.join(chosen)} each say which database to use", hint="keep one of them"
        )


def _fit(settings: Settings, limit: int, *, is_our_choice: bool) -> Settings:
    """Lower max_client_conn to what the process may open, unless somebody asked for it."""
    if is_our_choice:
        room = max(1, min(settings.max_client_conn, clients_that_fit(settings, limit)))
        settings = settings.model_copy(update={"max_client_conn": room})
    require_descriptors(settings, limit)
    return settings


def _announce(upstream: Upstream, settings: Settings, addresses: list[str]) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    servers = settings.server_connections()
    console.print(Text(upstream.description, style="bold"))
    console.print(
        f"Pooler on {', '.join(addresses)}: {settings.pool_mode} mode,"
        f" {settings.max_client_conn} clients over {servers} server connections",
        markup=False,
    )
    console.print("Try: psql \"$DATABASE_URL\" -c 'select 1'    End with Ctrl-C", markup=False)
    pooled = upstream.pooled(settings, addresses[0])
    if pooled.user in settings.admin_users:
        console.print(
            "Console, where this user is an administrator:"
            " psql \"${DATABASE_URL%/*}/pgbouncer\" -c 'show pools'",
            markup=False,
        )
    try:
        # In quotes and percent-encoded, so that a shell and a .env file read the same text; a
        # person at a terminal pastes it into a shell.
        word = "export " if sys.stdout.isatty() else ""
        print(f'{word}DATABASE_URL="{pooled.text()}"')
        print(f'{word}DIRECT_URL="{upstream.direct.text()}"', flush=True)
    except BrokenPipeError:
        # Whoever read the URLs has what it wanted; the gateway goes on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
