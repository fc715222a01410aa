"""pgx and pgjdbc behind servers that change: the drivers whose toolchains no test installs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.errors import BenchError
from bench.prove.registry import Context, Finding, proof
from tests.peers.matrix.drivers import Driver, Unbuilt, build_pgjdbc, build_pgx
from tests.peers.matrix.features import FEATURES
from tests.peers.matrix.run import at, behind, run_script
from tests.support.database import Database, throw_away_database
from tests.support.gateway import starter


def _finding(driver: Driver, database: Database, context: Context) -> Finding:
    features = [feature for feature in FEATURES if feature.name not in driver.lacks]
    differing = []
    for feature in features:
        context.say(f"{driver.name}: {feature.title}")
        directly = run_script(driver, feature, at(database))
        if not directly.works(feature):
            raise BenchError(f"{driver.name}, {feature.title}, at PostgreSQL itself: {directly}")
        with ExitStack() as resources:
            gateway = starter(database, resources)(
                default_pool_size=2, log_connections=False, log_disconnections=False
            )
            pooled = run_script(driver, feature, behind(gateway, database))
        if not pooled.works(feature):
            differing.append(f"{feature.title}: {pooled.stopped or pooled.seen}")
    return Finding(
        f"{driver.version()} notices no difference where its servers change",
        f"{len(features)} of {len(features)} features",
        f"{len(features) - len(differing)} of {len(features)}"
        f"{'; not ' + '; '.join(differing) if differing else ''}",
        not differing,
    )


@proof("drivers", "pgx and pgjdbc notice no difference in transaction mode", minutes=1)
def drivers(context: Context) -> list[Finding]:
    """Build both with Go, Maven and a JDK, and run each feature's script with them."""
    builders: list[Callable[[Path], Driver]] = [build_pgx, build_pgjdbc]
    findings = []
    with tempfile.TemporaryDirectory() as folder, throw_away_database() as database:
        for build in builders:
            context.say("building")
            try:
                driver = build(Path(folder))
            except Unbuilt as error:
                raise BenchError(str(error)) from error
            findings.append(_finding(driver, database, context))
    return findings
