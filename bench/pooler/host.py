"""Hosts Forebay's data plane alone in a process, so that its CPU and memory can be told apart.

Protocol: the configuration is the first line on stdin; the bound addresses are the first line on
stdout. After that ``stats`` answers with one line, and the end of stdin stops the gateway, so that
a host never outlives the benchmark that started it.
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
    try:
        gateway = Gateway.start(sys.stdin.readline())
    except GatewayError as error:
        sys.stderr.write(": ".join(str(part) for part in error.args if part) + "\n")
        return 2
    sys.stdout.write(json.dumps(list(gateway.addresses)) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() == "stats":
            sys.stdout.write(gateway.stats().replace("\n", " ") + "\n")
            sys.stdout.flush()
    gateway.stop()
    return 0 if gateway.join(10.0) else 1


if __name__ == "__main__":
    sys.exit(main())
