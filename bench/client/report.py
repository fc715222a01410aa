"""What was measured, as a table and as JSON."""

from __future__ import annotations

import statistics
from typing import Any

from rich.table import Table

from bench.client.run import Costs, Samples, ratio

AGAINST = "asyncpg + pydantic"


def table(costs: Costs) -> Table:
    """Return a table: microseconds of the client's CPU and, after a stroke, of PostgreSQL's."""
    made = Table(title="CPU per operation, µs: client / PostgreSQL")
    made.add_column("")
    operations = list(next(iter(costs.values())))
    for operation in operations:
        made.add_column(operation, justify="right")
    for name, found in costs.items():
        made.add_row(name, *(_cell(found[operation]) for operation in operations))
    for against in (AGAINST, "SQLAlchemy"):
        if "forebay" in costs and against in costs:
            ratios = (ratio(costs, "forebay", against, one) for one in operations)
            made.add_row(f"forebay / {against}", *(f"{value:.2f}" for value in ratios))
    return made


def _cell(samples: Samples) -> str:
    client, server = statistics.median(samples.client), statistics.median(samples.server)
    return f"{client:.0f} / {server:.0f}"


def figures(costs: Costs) -> dict[str, Any]:
    """Return all figures: medians, and the least and greatest of the rounds."""
    return {
        name: {operation: _figures(samples) for operation, samples in found.items()}
        for name, found in costs.items()
    }


def _figures(samples: Samples) -> dict[str, Any]:
    return {
        "client_us": round(statistics.median(samples.client), 1),
        "client_us_range": [round(min(samples.client), 1), round(max(samples.client), 1)],
        "server_us": round(statistics.median(samples.server), 1),
        "per_second": round(statistics.median(samples.rate)),
    }
