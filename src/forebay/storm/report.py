"""A storm as data: the JSON document that `--json` prints."""

from dataclasses import asdict
from typing import Any

from forebay.storm.run import Outcome, Storm
from forebay.storm.verdict import Verdict


def as_json(storm: Storm, verdict: Verdict) -> dict[str, Any]:
    """Return the document; docs/storm.md explains every key."""
    server = storm.database.server if storm.database is not None else None
    plan = storm.plan
    return {
        "strategies": [_strategy(outcome) for outcome in storm.outcomes],
        "verdict": verdict.word,
        "reasons": list(verdict.reasons),
        "exit_code": verdict.exit_code,
        "conditions": {
            "functions": plan.functions,
            "ramp_seconds": plan.ramp,
            "hold_seconds": plan.hold,
            "rate_per_second": plan.rate,
            "seed": plan.seed,
            "timeout_seconds": plan.timeout,
            "reap_after_seconds": plan.reap_after,
            "connection_limit": plan.connection_limit,
            "max_connections": server.max_connections if server else None,
            "reserved_connections": server.reserved if server else None,
            "server_version_num": server.version if server else None,
        },
    }


def _strategy(outcome: Outcome) -> dict[str, Any]:
    tally = outcome.tally
    return {
        "name": outcome.strategy.value,
        "kind": outcome.strategy.kind,
        "arrivals": tally.arrivals,
        "completed": tally.completed,
        "errors": tally.errors_by_code(),
        "messages": [
            {"code": key.code, "message": key.message, "count": count}
            for key, count in tally.errors.most_common()
        ],
        "latency_ms": asdict(outcome.latency),
        "peak_connections": tally.peak,
        "peak_instances": outcome.peak_warm,
        "other_connections": outcome.others,
        "pool_size": outcome.pool_size,
        "lag_ms_p99": outcome.lag.p99,
        "cpu_share": round(outcome.cpu, 3),
        "pooler_cpu_share": None if outcome.pooler_cpu is None else round(outcome.pooler_cpu, 3),
        "seconds": round(outcome.seconds, 3),
    }
