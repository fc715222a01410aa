"""Hosts Forebay's data plane alone in a process, so that its CPU and memory can be told apart.

Protocol: the configuration is the first line on stdin; the bound addresses are the first line on
stdout. After that ``stats`` answers with one line, ``reload`` hands over the same configuration
once more and answers with what came of it, and the end of stdin stops the gateway, so that a host
never outlives the benchmark that started it.
"""

from __future__ import annotations

import json
import signal
import sys

from forebay._gateway import Gateway, GatewayError


def main() -> int:
    """Serve until stdin ends."""
    # The data plane's threads inherit this mask: no signal may land on one of them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    configuration = sys.stdin.readline()
    try:
        gateway = Gateway.start(configuration)
    except GatewayError as error:
        sys.stderr.write(": ".join(str(part) for part in error.args if part) + "\n")
        return 2
    _say(json.dumps(list(gateway.addresses)))
    for line in sys.stdin:
        if line.strip() == "stats":
            _say(gateway.stats())
        elif line.strip() == "reload":
            _say(_reload(gateway, configuration))
    gateway.stop()
    return 0 if gateway.join(10.0) else 1


def _reload(gateway: Gateway, configuration: str) -> str:
    # Absent from builds that are compared with as well.
    reload = getattr(gateway, "reload", None)
    if reload is None:
        return "not offered"
    try:
        reload(configuration)
    except GatewayError as error:
        return f"refused: {error.args[0]}"
    return "done"


def _say(line: str) -> None:
    sys.stdout.write(line.replace("\n", " ") + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
