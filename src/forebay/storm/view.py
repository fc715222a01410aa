"""A storm for a terminal: its table, and the chart of connections."""

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from forebay.storm.plan import Strategy
from forebay.storm.run import Outcome, Storm
from forebay.storm.verdict import Verdict
from forebay.storm.words import demand, load, milliseconds

_CHART_WIDTH = 60
_CHART_HEIGHT = 8
_LEVELS = " ▁▂▃▄▅▆▇█"
_COLOURS = {"held": "green", "broken": "red", "inconclusive": "yellow", "interrupted": "yellow"}


def table(storm: Storm) -> Table:
    """Return the table of the strategies so far."""
    result = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    result.add_column("strategy", no_wrap=True)
    for title in ("arrivals", "served", "failed", "p50", "p95", "p99", "max"):
        result.add_column(title, justify="right", no_wrap=True)
    result.add_column("peak", justify="right", no_wrap=True)
    result.add_column("late", justify="right", no_wrap=True)
    for outcome in storm.outcomes:
        result.add_row(*_cells(outcome))
    return result


def _cells(outcome: Outcome) -> Iterator[str | Text]:
    tally, latency = outcome.tally, outcome.latency
    yield outcome.title
    yield f"{tally.arrivals:,}"
    yield f"{tally.completed:,}"
    yield Text(f"{tally.failed:,}", style="bold red" if tally.failed else "green")
    for value in (latency.p50, latency.p95, latency.p99, latency.max):
        yield milliseconds(value).replace(" ", "")
    yield "-" if tally.peak is None else f"{tally.peak:,}"
    yield milliseconds(outcome.lag.p99).replace(" ", "")


def failures(outcomes: Sequence[Outcome]) -> Iterator[Text]:
    """Yield a line for each kind of failure, in PostgreSQL's own words."""
    for outcome in outcomes:
        for key, count in outcome.tally.errors.most_common(5):
            words = f"  {outcome.title}: {count:,} times {key.code} {key.message}"
            yield Text(words, no_wrap=True, overflow="ignore")


def chart(storm: Storm) -> list[str]:
    """Draw PostgreSQL's connections over time, all strategies on one scale."""
    drawn = [outcome for outcome in storm.outcomes if outcome.tally.samples]
    if not drawn or storm.database is None:
        return []
    most = storm.database.server.max_connections
    lines = []
    for outcome in drawn:
        columns = _columns(outcome, storm.plan.duration)
        peak = outcome.tally.peak or 0
        lines.append(f"{outcome.title}: PostgreSQL's connections, at most {peak} of {most}")
        for row in range(_CHART_HEIGHT // 2, 0, -1):
            label = str(most) if row == _CHART_HEIGHT // 2 else ""
            lines.append(f"{label:>5} │{''.join(_block(each, row, most) for each in columns)}")
        lines.append(f"    0 └{'─' * _CHART_WIDTH}")
    lines.append(f"       0 s{f'{storm.plan.duration:.0f} s':>{_CHART_WIDTH - 3}}")
    return lines


def _columns(outcome: Outcome, duration: float) -> list[int]:
    """Return the most connections of each column's time; a gap keeps what was seen last.

    After the last sample there is nothing: an interrupted storm knows no more.
    """
    columns = [-1] * _CHART_WIDTH
    last = 0
    for at, count in outcome.tally.samples:
        last = min(int(at / max(duration, 0.001) * _CHART_WIDTH), _CHART_WIDTH - 1)
        columns[last] = max(columns[last], count)
    seen = 0
    for index, count in enumerate(columns[: last + 1]):
        seen = columns[index] = count if count >= 0 else seen
    return columns


def _block(count: int, row: int, most: int) -> str:
    step = most / (_CHART_HEIGHT // 2)
    filled = (count - (row - 1) * step) / step
    return _LEVELS[max(0, min(8, round(filled * 8)))]


def closing(storm: Storm, verdict: Verdict) -> Group:
    """Return what is printed at the end."""
    parts: list[RenderableType] = [table(storm), ""] if storm.outcomes else []
    words = list(failures(storm.outcomes))
    if words:
        parts += [Text("What failed, in the words that came back:", style="bold"), *words, ""]
    lines = chart(storm)
    if lines:
        parts += [*(Text(line, no_wrap=True, overflow="crop") for line in lines), ""]
    if storm.outcomes:
        parts.append(Text(load(storm.outcomes), style="dim"))
    heading = Text(f"{verdict.word}: ", style=f"bold {_COLOURS[verdict.word]}")
    parts += [heading + Text(reason, style="default") for reason in verdict.reasons]
    return Group(*parts)


class LiveView:
    """Redraws the table in a terminal; elsewhere it writes one line for each strategy."""

    def __init__(self, console: Console) -> None:
        """Draw on this console."""
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._told = 0

    def __enter__(self) -> "LiveView":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def draw(self, storm: Storm) -> None:
        """Show how far the storm is."""
        while self._told < len(storm.outcomes):
            self._console.print(Text(f"Storm: {demand(storm, storm.outcomes[self._told])}"))
            self._told += 1
        if self._console.is_terminal:
            self._live.update(Group(table(storm), self._progress(storm)), refresh=True)

    def _progress(self, storm: Storm) -> Text:
        outcome = storm.outcomes[-1]
        held = outcome.tally.samples[-1][1] if outcome.tally.samples else 0
        left = len(storm.strategies) - len(storm.outcomes)
        words = f"{outcome.tally.samples[-1][0]:.0f}" if outcome.tally.samples else "0"
        warm = "" if outcome.strategy is Strategy.HTTP else f"{outcome.warm():,} warm instances, "
        return Text(
            f"{words} s of {storm.plan.duration:.0f} s: {warm}{held} connections now"
            f"{f'; {left} more to come' if left else ''}. Ctrl-C ends it and cleans up.",
            style="dim",
        )
