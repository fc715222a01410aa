"""What a storm is asked to do: its size, its shape, and the strategies that meet it."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from forebay.errors import ConfigurationError

Kind = Literal["direct", "pooled", "http"]

# Prisma's default pool is num_cpus * 2 + 1; a usual function has two.
FUNCTION_CPUS = 2
CONNECTION_LIMIT = FUNCTION_CPUS * 2 + 1
# The most instances a second that a default ramp starts.
_STARTS_A_SECOND = 200
_SHORTEST_RAMP = 4.0
_MOST_FUNCTIONS = 100_000
_MOST_ARRIVALS = 5_000_000


class Strategy(StrEnum):
    """How the functions reach the database."""

    DIRECT_POOL = "direct-pool"
    DIRECT_ONE = "direct-one"
    POOLED = "pooled"
    HTTP = "http"

    @property
    def kind(self) -> Kind:
        """The group a strategy belongs to."""
        if self is Strategy.POOLED:
            return "pooled"
        return "http" if self is Strategy.HTTP else "direct"

    def words(self, plan: "Plan") -> str:
        """Return the strategy in words, for tables and charts."""
        return {
            Strategy.DIRECT_POOL: f"direct, pool of {plan.connection_limit}",
            Strategy.DIRECT_ONE: "direct, one each",
            Strategy.POOLED: "through the pooler",
            Strategy.HTTP: "over HTTP",
        }[self]


@dataclass(frozen=True, slots=True)
class Plan:
    """The size and shape of a storm; the same plan and seed make the same arrivals."""

    functions: int = 500
    ramp: float = _SHORTEST_RAMP
    hold: float = 8.0
    rate: float = 200.0
    seed: int = 1
    timeout: float = 10.0
    reap_after: float = 300.0
    connection_limit: int = CONNECTION_LIMIT
    statements: tuple[str, ...] = ()
    is_prepared: bool = True

    @property
    def duration(self) -> float:
        """Seconds from the first to the last possible arrival."""
        return self.ramp + self.hold

    def connections(self, strategy: Strategy) -> int:
        """Return how many connections one instance wants."""
        if strategy is Strategy.HTTP:
            return 0
        return self.connection_limit if strategy is Strategy.DIRECT_POOL else 1


def default_ramp(functions: int) -> float:
    """Return a ramp that starts no more than 200 instances a second."""
    return max(_SHORTEST_RAMP, functions / _STARTS_A_SECOND)


def check_plan(plan: Plan) -> Plan:
    """Return the plan, if it can be run.

    Raises:
        ConfigurationError: a number is out of its range; the message names the option.
    """
    require_range("--functions", plan.functions, 1, _MOST_FUNCTIONS)
    require_range("--ramp", plan.ramp, 0, 3600)
    require_range("--hold", plan.hold, 0, 86_400)
    require_range("--rate", plan.rate, 0, 100_000)
    require_range("--timeout", plan.timeout, 0.1, 900)
    require_range("--reap-after", plan.reap_after, 0.1, 86_400)
    require_range("--connection-limit", plan.connection_limit, 1, 1000)
    expected = plan.functions + plan.rate * (plan.ramp / 2 + plan.hold)
    if expected > _MOST_ARRIVALS:
        raise ConfigurationError(
            f"--rate {plan.rate:g} over --ramp {plan.ramp:g} and --hold {plan.hold:g} is about"
            f" {expected:,.0f} invocations, and storm keeps at most {_MOST_ARRIVALS:,} in memory",
            hint="lower --rate or --hold",
        )
    if any(not statement.strip() for statement in plan.statements):
        raise ConfigurationError("--query is empty", hint="give one SQL statement")
    return plan


def require_range(option: str, value: float, least: float, most: float) -> None:
    """See that a number of the command line can be meant.

    Raises:
        ConfigurationError: it is out of its range.
    """
    if not (math.isfinite(value) and least <= value <= most):
        raise ConfigurationError(
            f"{option} {value:,} is out of range", hint=f"give a number from {least:g} to {most:,}"
        )
