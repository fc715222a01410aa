"""The tests' own door that changes servers does change them."""

from itertools import pairwise

from tests.support.changing import ChangingDoor
from tests.support.gateway import StartGateway


def test_no_two_transactions_in_a_row_meet_the_same_server(start_gateway: StartGateway) -> None:
    wire = ChangingDoor.before(start_gateway(default_pool_size=2)).wire()
    servers = [wire.value("select pg_backend_pid()") for _ in range(6)]
    assert all(one != next_one for one, next_one in pairwise(servers))
