"""Scrapes a gateway's metrics, and reads them with Prometheus' own parser."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.support.gateway import RunningGateway

LISTEN: dict[str, Any] = {"metrics_listen": "127.0.0.1:0"}


@dataclass(frozen=True)
class Answer:
    """What an HTTP request came to."""

    status: int
    headers: dict[str, str]
    text: str


def address(gateway: RunningGateway) -> tuple[str, int]:
    """Return where the gateway answers for metrics."""
    host, _, port = str(gateway.stats()["metrics_address"]).rpartition(":")
    return host, int(port)


def ask(gateway: RunningGateway, path: str, method: str = "GET") -> Answer:
    """Send one request and return the answer."""
    connection = http.client.HTTPConnection(*address(gateway), timeout=120)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read().decode())
    finally:
        connection.close()


class Scrape:
    """One look at every figure."""

    def __init__(self, gateway: RunningGateway) -> None:
        self.answer = ask(gateway, "/metrics")
        assert self.answer.status == 200
        self.families = list(text_string_to_metric_families(self.answer.text))

    def value(self, name: str, /, **labels: str) -> float:
        """Return the sum of the samples that have these labels; 0 when there is none."""
        return sum(
            value
            for sample, found, value in self.samples()
            if sample == name and labels.items() <= found.items()
        )

    def samples(self) -> Iterator[tuple[str, dict[str, str], float]]:
        """Yield the name, labels and value of every sample."""
        for family in self.families:
            for sample in family.samples:
                yield sample.name, sample.labels, sample.value

    def growing(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Return what may never fall: counters, and everything of a histogram."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self.families
            if family.type in {"counter", "histogram"}
            for sample in family.samples
        }

    def histograms(self) -> list[Metric]:
        """Return the histograms."""
        return [family for family in self.families if family.type == "histogram"]
