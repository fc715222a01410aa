"""Every live rule names its trouble with the pid or object, and the pasted fix makes it vanish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forebay.doctor.registry import all_rules
from tests.doctor.live.troubles import TROUBLES, Trouble, matches
from tests.doctor.live.world import World, fixes, running_world
from tests.support.encrypted import tls_binaries
from tests.support.waiting import wait_until

# Without a statement that could be pasted, or with a server of their own.
ELSEWHERE = {"FD901", "FD902", "FD915", "FD920"}


@pytest.fixture(scope="module", params=["embedded", "system"])
def running(request: pytest.FixtureRequest) -> Iterator[World]:
    """A server of the newest version, and the system's older one."""
    binaries: Path | None = tls_binaries() if request.param == "system" else None
    with running_world(binaries) as world:
        yield world


@pytest.fixture
def world(running: World) -> Iterator[World]:
    yield running
    running.close()


def test_every_rule_has_its_trouble() -> None:
    codes = {rule.code for rule in all_rules() if rule.check_live}
    assert {trouble.code for trouble in TROUBLES} | ELSEWHERE == codes


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: f"{one.code}-{one.plant.__name__}")
def test_a_trouble_is_named_and_its_fix_makes_it_vanish(trouble: Trouble, world: World) -> None:
    assert world.look() == []
    subject = trouble.plant(world)
    wait_until(lambda: world.found(trouble.code))
    named = [one for one in world.found(trouble.code) if one.finding.subject == subject]
    assert len(named) == 1, world.look()
    (reported,) = named
    assert matches(trouble, reported.finding.message), reported.finding.message
    statements = fixes(reported)
    assert statements, reported.finding.help
    trouble.ready(world)
    for statement in statements:
        world.run(statement)
    wait_until(lambda: not world.found(trouble.code))
    if trouble.clean:
        world.close()
        world.run(trouble.clean)
