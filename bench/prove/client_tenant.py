"""Attacks the extension Tenant with random requests, beside a database that has no other tenant.

Each request is carried out twice: where both tenants have data, and where the other has none. It
must change nothing of the other's, tie nothing to it, and be answered alike.
"""

from __future__ import annotations

from bench.prove.engine_arena import server
from bench.prove.registry import Context, Finding, proof
from forebay.client.extensions import Tenant
from tests.client.extensions.beside import Beside, make_beside
from tests.client.extensions.campaign import Attacker
from tests.client.extensions.naive import Naive
from tests.client.extensions.world import GLOBAL, make_engine

REQUESTS = 20_000
SEEDS = 10
CONTROL = 500


def _attack(context: Context, beside: Beside, seeds: range, each: int) -> None:
    engine = make_engine()
    limited = Tenant("a", global_models=GLOBAL).around(engine)
    for seed in seeds:
        attacker = Attacker(engine.catalog, seed)
        for _ in range(each):
            beside.try_(limited, attacker.request())
        context.say(f"{beside.tried} requests, {len(beside.troubles)} troubles")


@proof("client-tenant", "no request of a tenant's reads, changes or senses another's", minutes=4)
def client_tenant(context: Context) -> list[Finding]:
    """Attack, and see that the attack finds what is not limited."""
    with server() as url:
        with make_beside(url, "tenant") as beside:
            _attack(context, beside, range(1000, 1000 + SEEDS), REQUESTS // SEEDS)
        with make_beside(url, "control") as control:
            engine = make_engine()
            attacker = Attacker(engine.catalog, 1)
            for _ in range(CONTROL):
                control.try_(Naive().around(engine), attacker.request())
    answered = beside.outcomes["answered"]
    detail: dict[str, object] = {"outcomes": dict(sorted(beside.outcomes.items()))}
    detail |= {str(number): text for number, text in enumerate(beside.troubles[:20])}
    return [
        Finding(
            f"requests of {beside.tried} that crossed ({answered} answered, "
            f"{beside.outcomes['FB1303']} refused)",
            "0",
            str(len(beside.troubles)),
            not beside.troubles and answered > beside.tried * 0.35,
            detail,
        ),
        Finding(
            f"requests of {CONTROL} that cross where the column is only filled in",
            "> 50",
            str(len(control.troubles)),
            len(control.troubles) > 50,
        ),
    ]
