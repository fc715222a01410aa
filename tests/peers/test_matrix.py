"""The table of docs/transaction-mode.md: drivers run every feature's script, as at PostgreSQL."""

import pytest

from tests.peers.matrix.drivers import DRIVERS, Driver
from tests.peers.matrix.features import FEATURES, Feature
from tests.peers.matrix.run import Outcome, at, behind, run_script
from tests.support.database import Database
from tests.support.gateway import StartGateway

CELLS = [
    pytest.param(driver, feature, id=f"{driver.name}-{feature.name}")
    for driver in DRIVERS
    for feature in FEATURES
    if feature.name not in driver.lacks
]


@pytest.mark.parametrize(("driver", "feature"), CELLS)
def test_a_driver_notices_no_difference(
    database: Database, start_gateway: StartGateway, driver: Driver, feature: Feature
) -> None:
    assert run_script(driver, feature, at(database)) == Outcome(feature.expected)
    gateway = start_gateway(default_pool_size=2)
    around = behind(gateway, database)
    assert run_script(driver, feature, around) == Outcome(feature.expected)
