"""docs/advise.md: its commands print what it says, in the folder that it describes."""

import os
import subprocess
import sys
from pathlib import Path

from forebay.doctor.advise.situation import RUNTIMES
from tests.docs.pages import DOCS, blocks, code, commands, rows
from tests.running import clean_environment

PAGE = DOCS / "advise.md"


def test_the_sessions_print_what_they_say(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = 0
    for block in blocks(PAGE):
        if block.kind == "file":
            (tmp_path / block.name).parent.mkdir(exist_ok=True)
            (tmp_path / block.name).write_text(block.text)
            continue
        for command in commands(block.text):
            done = subprocess.run(
                ["/bin/bash", "-c", command.line],
                cwd=tmp_path,
                env=clean_environment({"PATH": path}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.stdout.rstrip("\n") == command.output.rstrip("\n"), command.line
            ran += 1
    assert ran == 4


def test_the_table_names_every_runtime() -> None:
    named = {name for row in rows(PAGE, "## The strategies") for name in code(row[1])}
    assert named | {"aws-lambda", "k8s", "compose"} == set(RUNTIMES)
