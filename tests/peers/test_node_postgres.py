"""node-postgres: queries, named statements, errors, notices, its pool."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.comparison import Compare, Transcript
from tests.support.door import Door

NODE = Path(__file__).with_name("node")


def test_the_usual_day(compare: Compare) -> None:
    assert (NODE / "node_modules" / "pg").is_dir(), f"run npm ci in {NODE}, or make test"

    def script(door: Door, change: Callable[[], None]) -> Transcript:
        with subprocess.Popen(
            ["node", "script.js", door.url()],  # noqa: S607  node is where the machine has it
            cwd=NODE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            last = ""
            for line in process.stdout:
                last = line
                if line == "change\n":
                    change()
                    process.stdin.write("changed\n")
                    process.stdin.flush()
        assert process.returncode == 0
        seen: Transcript = json.loads(last)
        return seen

    seen = compare(script)
    assert {"notice": "careful"} in seen
    assert [number * 2 for number in range(40)] in seen
