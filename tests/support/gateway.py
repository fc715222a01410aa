"""A gateway in this process, before a database, with the settings a test asks for."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

from forebay._gateway import Gateway
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER, Door
from tests.support.waiting import PATIENCE, wait_until


@dataclass
class RunningGateway(Door):
    """A gateway's TCP door, and its handles."""

    gateway: Gateway | None = None
    configuration: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def handle(self) -> Gateway:
        """The gateway itself."""
        assert self.gateway is not None
        return self.gateway

    def stats(self) -> dict[str, Any]:
        """Return the gateway's counters."""
        counters: dict[str, Any] = json.loads(self.handle.stats())
        return counters

    def reload(self, **settings: Any) -> dict[str, list[str]]:
        """Exchange these settings, the others being as at the start; return what came of it."""
        configuration = json.dumps({**self.configuration, **settings})
        changed: dict[str, list[str]] = json.loads(self.handle.reload(configuration))
        return changed

    def pool(self, name: str) -> int:
        """Return one counter, added up over all pools."""
        return sum(int(pool[name]) for pool in self.stats()["pools"])

    def wait_for_pool(self, **counters: int) -> None:
        """Wait until counters of the pools have these values."""
        wait_until(lambda: {name: self.pool(name) for name in counters} == counters)


OnReload = Callable[[str | None, str | None], str]


class StartGateway(Protocol):
    """Starts a gateway; what is not given has the tests' value, not the gateway's default."""

    def __call__(self, on_reload: OnReload | None = None, /, **settings: Any) -> RunningGateway: ...


def database_entry(database: Database, **keys: Any) -> dict[str, Any]:
    """Describe the throw-away database as one of the gateway's `databases`."""
    return {"name": DATABASE, "host": database.host, "port": database.port, **keys}


def starter(database: Database, resources: ExitStack) -> StartGateway:
    """Return a function that starts gateways, which end with `resources`."""
    # What is registered first is done last: when all have stopped, nothing may be left of them.
    resources.callback(wait_until, lambda: not database.backends())
    resources.callback(database.resources.close)

    def start_gateway(on_reload: OnReload | None = None, /, **settings: Any) -> RunningGateway:
        configuration: dict[str, Any] = {
            "listen_addr": ["127.0.0.1"],
            "listen_port": 0,
            "unix_socket_dir": None,
            "workers": 1,
            "auth_type": "trust",
            "users": [{"name": USER, "password": PASSWORD}],
            "databases": [database_entry(database)],
            "pool_mode": "transaction",
            "default_pool_size": 4,
            **settings,
        }
        gateway = Gateway.start(json.dumps(configuration), on_reload)
        host, port = gateway.addresses[0].rsplit(":", 1)
        running = RunningGateway(host, int(port), gateway=gateway, configuration=configuration)
        resources.callback(_end, running)
        resources.callback(running.resources.close)
        return running

    return start_gateway


def _end(running: RunningGateway) -> None:
    """Stop a gateway, and see that nothing went wrong in it."""
    if running.gateway is not None:
        panics = running.stats()["panics"]
        running.handle.stop()
        assert running.handle.join(PATIENCE), "the gateway did not stop"
        assert panics == 0
        running.gateway = None
