"""Line charts as inline SVG: axes with labels, direct legends, nothing loaded from elsewhere.

Colours come from the page's style sheet by class, so that one drawing serves light and dark; every
line also has a dash pattern of its own, for whoever does not see the colours.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

Point = tuple[float, float | None]

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 14, 40
_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Line:
    """A line; a point without a value is a gap."""

    style: str  # the class that gives it its colour and dashes
    points: Sequence[Point]
    is_stepped: bool = False
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A horizontal line that means a limit, with its words."""

    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw, and on which scales."""

    title: str
    description: str
    unit: str
    lines: Sequence[Line]
    until: float
    most: float
    least: float = 0.0
    is_logarithmic: bool = False
    marks: Sequence[Mark] = field(default=())
    width: int = 960
    height: int = 260


def ticks(most: float, wanted: int = 5) -> list[float]:
    """Return round numbers from zero that cover `most`, about as many as wanted."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in _NICE if power * nice >= rough * 0.999)
    return [step * index for index in range(math.ceil(most / step - 1e-9) + 1)]


def decades(least: float, most: float) -> list[float]:
    """Return the powers of ten around two positive numbers, both included."""
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def draw(chart: Chart) -> str:
    """Return the chart as an <svg> element."""
    return _Drawing(chart).svg()


class _Drawing:
    """One chart on its way to text."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        if chart.is_logarithmic:
            self._ticks = decades(chart.least, chart.most)
        else:
            self._ticks = ticks(chart.most)
        self._right = chart.width - _RIGHT
        self._bottom = chart.height - _BOTTOM

    def svg(self) -> str:
        chart = self._chart
        name = f"{escape(chart.title)}. {escape(chart.description)}"
        parts = [
            f'<svg viewBox="0 0 {chart.width} {chart.height}" role="img" aria-label="{name}">',
            *self._grid(),
            *self._marks(),
            *(part for line in chart.lines for part in self._line(line)),
            "</svg>",
        ]
        return "\n".join(parts)

    def _x(self, value: float) -> float:
        share = value / self._chart.until if self._chart.until else 0.0
        return _LEFT + min(share, 1.0) * (self._right - _LEFT)

    def _y(self, value: float) -> float:
        low, high = self._ticks[0], self._ticks[-1]
        if self._chart.is_logarithmic:
            value, low, high = (math.log10(max(each, low)) for each in (value, low, high))
        share = (value - low) / (high - low)
        return self._bottom - max(0.0, min(share, 1.0)) * (self._bottom - _TOP)

    def _grid(self) -> Iterator[str]:
        for value in self._ticks:
            y = self._y(value)
            yield f'<line class="grid" x1="{_LEFT}" x2="{self._right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield (
                f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
                f"{value:,g}</text>"
            )
        count = 4 if self._chart.width < 500 else 10
        for value in ticks(self._chart.until, count):
            if value > self._chart.until + 1e-9:
                continue
            x = self._x(value)
            yield (
                f'<text class="tick" x="{x:.1f}" y="{self._bottom + 17}" text-anchor="middle">'
                f"{value:g}</text>"
            )
        middle = (_LEFT + self._right) / 2
        yield (
            f'<text class="axis" x="{middle:.0f}" y="{self._chart.height - 6}"'
            ' text-anchor="middle">seconds since the start</text>'
        )
        height = (self._bottom + _TOP) / 2
        yield (
            f'<text class="axis" transform="translate(12 {height:.0f}) rotate(-90)"'
            f' text-anchor="middle">{escape(self._chart.unit)}</text>'
        )

    def _marks(self) -> Iterator[str]:
        for mark in self._chart.marks:
            y = self._y(mark.value)
            yield f'<line class="mark" x1="{_LEFT}" x2="{self._right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield (
                f'<text class="mark-words" x="{self._right - 4}" y="{y - 4:.1f}"'
                f' text-anchor="end">{escape(mark.words)}</text>'
            )

    def _line(self, line: Line) -> Iterator[str]:
        for run in _runs(line.points):
            steps = _steps(run) if line.is_stepped else run
            points = [(self._x(at), self._y(value)) for at, value in steps]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            if line.is_filled:
                first, last = points[0][0], points[-1][0]
                yield (
                    f'<polygon class="fill {line.style}"'
                    f' points="{first:.1f},{self._bottom} {path} {last:.1f},{self._bottom}"/>'
                )
            if len(points) == 1:
                x, y = points[0]
                yield f'<circle class="dot {line.style}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
            else:
                yield f'<polyline class="line {line.style}" points="{path}"/>'


def _runs(points: Sequence[Point]) -> Iterator[list[tuple[float, float]]]:
    """Yield the stretches between gaps."""
    run: list[tuple[float, float]] = []
    for at, value in points:
        if value is not None:
            run.append((at, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _steps(run: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Hold each value until the next one, and leave out what does not change it."""
    steps = [run[0]]
    for at, value in run[1:]:
        if value != steps[-1][1]:
            steps += [(at, steps[-1][1]), (at, value)]
    return [*steps, (run[-1][0], steps[-1][1])]
