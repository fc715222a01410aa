"""`forebay storm`: launch day, simulated against a database or a route."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli import report
from forebay.errors import ForebayError
from forebay.serve.lifecycle import interruptible_start


def storm(
    *,
    functions: Annotated[
        int, typer.Option(help="Instances of the function at the peak.", metavar="N")
    ] = 500,
    ramp: Annotated[
        float | None,
        typer.Option(
            help="Over how long they start. (default: 4, or 200 instances a second)",
            metavar="SECONDS",
        ),
    ] = None,
    hold: Annotated[
        float, typer.Option(help="How long the full load stays.", metavar="SECONDS")
    ] = 8.0,
    rate: Annotated[
        float, typer.Option(help="Invocations a second beside the first ones.", metavar="N")
    ] = 200.0,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            help="direct-pool, direct-one, direct (both) or pooled; may be repeated."
            " (default: all of them)",
            metavar="NAME",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(help="An existing server instead of an embedded one.", metavar="URL"),
    ] = None,
    pooled_url: Annotated[
        str | None,
        typer.Option(help="A pooler that runs before --database-url already.", metavar="URL"),
    ] = None,
    http: Annotated[
        str | None,
        typer.Option(help="A route of your application, instead of a database.", metavar="URL"),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(
            help="SQL of an invocation, instead of storm's own page; repeated, one transaction.",
            metavar="SQL",
        ),
    ] = None,
    prepare: Annotated[
        bool, typer.Option("--prepare/--no-prepare", help="Use named prepared statements.")
    ] = True,
    connection_limit: Annotated[
        int | None,
        typer.Option(
            help="Pool of an instance in direct-pool. (default: 5, for 2 CPUs * 2 + 1)",
            metavar="N",
        ),
    ] = None,
    pool_size: Annotated[
        int, typer.Option(help="Server connections of the pooler storm starts.", metavar="N")
    ] = 20,
    timeout: Annotated[
        float, typer.Option(help="Longest an invocation may take.", metavar="SECONDS")
    ] = 10.0,
    reap_after: Annotated[
        float,
        typer.Option(help="Idle time after which an instance is destroyed.", metavar="SECONDS"),
    ] = 300.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same arrivals.", metavar="N")] = 1,
    max_errors: Annotated[
        str, typer.Option(help="Failed invocations allowed: 0, 5, 0.1%.", metavar="N")
    ] = "0",
    max_p99: Annotated[
        str | None, typer.Option(help="Most latency allowed at p99: 250ms, 1s.", metavar="TIME")
    ] = None,
    max_connections: Annotated[
        int | None,
        typer.Option(
            help="Most connections PostgreSQL may hold. (default: the pool's size)", metavar="N"
        ),
    ] = None,
    max_lag: Annotated[
        str,
        typer.Option(
            help="How late storm itself may be at p99, or it is inconclusive.", metavar="TIME"
        ),
    ] = "100ms",
    html: Annotated[
        Path | None, typer.Option(help="Write a report with plots.", metavar="FILE")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Storm another machine than this one.")
    ] = False,
) -> None:
    """Simulate launch day: functions that storm PostgreSQL directly, and through a pooler.

    Exit codes: 0 all thresholds held, 1 one was broken, 2 it could not be run, 3 inconclusive,
    130 interrupted.
    """
    try:
        # Here, so that other commands do not wait for what only this one needs.
        from forebay.cli.storm_order import Order, run_order
        from forebay.storm.plan import (
            CONNECTION_LIMIT,
            Plan,
            check_plan,
            default_ramp,
            require_range,
        )
        from forebay.storm.verdict import Thresholds, parse_errors, parse_milliseconds

        plan = Plan(
            functions=functions,
            ramp=default_ramp(functions) if ramp is None else ramp,
            hold=hold,
            rate=rate,
            seed=seed,
            timeout=timeout,
            reap_after=reap_after,
            connection_limit=CONNECTION_LIMIT if connection_limit is None else connection_limit,
            statements=tuple(query or ()),
            is_prepared=prepare,
        )
        require_range("--pool-size", pool_size, 1, 10_000)
        if max_connections is not None:
            require_range("--max-connections", max_connections, 1, 1_000_000)
        errors, is_share = parse_errors(max_errors)
        thresholds = Thresholds(
            max_errors=errors,
            is_share=is_share,
            max_p99_ms=None if max_p99 is None else parse_milliseconds("--max-p99", max_p99),
            max_connections=max_connections,
            max_lag_ms=parse_milliseconds("--max-lag", max_lag),
        )
        order = Order(
            check_plan(plan),
            thresholds,
            names=tuple(strategy or ()),
            database_url=database_url,
            pooled_url=pooled_url,
            http=http,
            pool_size=pool_size,
            html=html,
            is_json=json,
            allows_remote=allow_remote,
        )
        with interruptible_start(), ExitStack() as stack:
            code = run_order(order, stack)
    except ForebayError as error:
        raise typer.Exit(report(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)
