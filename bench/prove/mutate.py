"""Ten million mutated packets through the codec: its own program, run in release mode."""

from __future__ import annotations

from bench.errors import BenchError
from bench.processes import find_tool, run
from bench.prove.registry import Context, Finding, proof


@proof("mutate", "mutated packets never make the codec panic", minutes=0.5)
def mutated_packets(context: Context) -> list[Finding]:
    """Run pgwire's mutation example; it exits with 1 when a parser panicked."""
    cargo = find_tool("cargo", "install a Rust toolchain")
    options = ["--quiet", "--release", "--locked", "-p", "pgwire", "--example", "mutate"]
    context.say("building")
    # Apart from the run: a build that fails has proved nothing, and is no panic.
    run([cargo, "build", *options], awaited="cargo build", directory=context.project)
    claim = f"{context.packets:,} mutated packets through the codec"
    context.say(claim)
    try:
        said = run(
            [cargo, "run", *options, "--", str(context.packets)],
            awaited="the mutation program",
            directory=context.project,
            wants_stderr=True,
        )
    except BenchError as error:
        return [Finding(claim, "no panic", str(error), False)]
    lines = said.strip().splitlines()
    return [Finding(claim, "no panic", lines[-1], True, {"output": lines[-20:]})]
