"""A storm as one self-contained HTML page: verdict, table, plots; no script, nothing loaded."""

from collections.abc import Iterator
from html import escape

from forebay.storm.plan import Strategy
from forebay.storm.plot import Chart, Line, Mark, draw
from forebay.storm.run import Outcome, Storm
from forebay.storm.tally import BUCKET, percentile
from forebay.storm.verdict import Verdict
from forebay.storm.words import beside, conditions, load, milliseconds

_STYLE = """\
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1b2430; --soft: #556270;
  --rule: #d9dfe6; --pool: #b93a0b; --one: #7a3fb0; --cure: #0b6aa8; --limit: #1b2430;
  --good: #1a7340; --bad: #b3261e; --doubt: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ground: #11161d; --ink: #e6ebf1; --soft: #9fadbc;
  --rule: #2b3542; --pool: #ff9a5c; --one: #c79bff; --cure: #58b7f5; --limit: #e6ebf1;
  --good: #6fd391; --bad: #ff8a80; --doubt: #f2c14e; } }
body { margin: 2.5rem auto; padding: 0 1.25rem; max-width: 64rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .25rem; }
p { margin: .25rem 0 .5rem; }
.soft, figcaption { color: var(--soft); font-size: .9rem; }
.verdict { border-left: .3rem solid; padding: .35rem .9rem; margin: 0 0 1rem; font-size: 1.05rem; }
.verdict b { text-transform: capitalize; }
.verdict.held { border-color: var(--good); } .verdict.held b { color: var(--good); }
.verdict.broken { border-color: var(--bad); } .verdict.broken b { color: var(--bad); }
.verdict.inconclusive, .verdict.interrupted { border-color: var(--doubt); }
.wide { overflow-x: auto; } figure.wide > svg { min-width: 44rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .5rem; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; color: var(--soft); }
td.words, th.words { text-align: left; white-space: normal; }
.failed { color: var(--bad); font-weight: 600; } .none { color: var(--good); font-weight: 600; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; }
figure { margin: .5rem 0 0; } svg { width: 100%; height: auto; display: block; }
.key { display: inline-block; width: 2.2rem; height: .7rem; margin-right: .45rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; margin: .2rem 0; font-size: .9rem; }
.grid { stroke: var(--rule); stroke-width: 1; }
.tick, .axis { fill: var(--soft); font-size: 12px; }
.mark { stroke: var(--limit); stroke-width: 1; stroke-dasharray: 2 4; }
.mark-words { fill: var(--ink); font-size: 12px; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.fill { stroke: none; opacity: .16; }
.direct-pool { stroke: var(--pool); fill: var(--pool); }
.direct-one { stroke: var(--one); fill: var(--one); }
.pooled, .http { stroke: var(--cure); fill: var(--cure); }
.line.direct-pool, .line.direct-one, .line.pooled, .line.http { fill: none; }
.line.direct-one { stroke-dasharray: 7 4; }
.line.pooled { stroke-width: 2.5; }
"""
_PANEL = (320, 230)


def page(storm: Storm, verdict: Verdict) -> str:
    """Return the page's text."""
    title = _title(storm)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"/>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *_verdict(verdict),
        f"<p>{escape(beside(storm.outcomes))}</p>",
        f'<p class="soft">{escape(conditions(storm))}</p>',
        *_table(storm),
        *_connections(storm),
        *_latency(storm),
        *_failures_over_time(storm),
        *_words(storm),
        f'<p class="soft">{escape(load(storm.outcomes))}</p>',
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _title(storm: Storm) -> str:
    if storm.strategies == (Strategy.HTTP,):
        return f"Storm: {storm.plan.functions:,} visitors at once, and those who follow"
    title = f"Storm: {storm.plan.functions:,} functions"
    if storm.database is not None:
        title += f" against max_connections = {storm.database.server.max_connections}"
    return title


def _verdict(verdict: Verdict) -> Iterator[str]:
    reasons = "; ".join(escape(reason) for reason in verdict.reasons)
    yield f'<p class="verdict {verdict.word}"><b>{verdict.word}:</b> {reasons}.</p>'


def _table(storm: Storm) -> Iterator[str]:
    heads = ["strategy", "invocations", "served", "failed", "p50", "p95", "p99", "max"]
    heads += ["connections", "late p99"]
    yield '<div class="wide"><table><thead><tr>'
    yield "".join(f'<th scope="col">{head}</th>' for head in heads)
    yield "</tr></thead><tbody>"
    for outcome in storm.outcomes:
        tally, latency = outcome.tally, outcome.latency
        peak = "-" if tally.peak is None else f"{tally.peak:,}"
        values = [latency.p50, latency.p95, latency.p99, latency.max]
        style = "failed" if tally.failed else "none"
        cells = [
            f"<td>{_key(outcome)}{escape(outcome.title)}</td>",
            f"<td>{tally.arrivals:,}</td><td>{tally.completed:,}</td>",
            f'<td class="{style}">{tally.failed:,}</td>',
            *(f"<td>{milliseconds(value)}</td>" for value in values),
            f"<td>{peak}</td><td>{milliseconds(outcome.lag.p99)}</td>",
        ]
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"
    yield (
        '<p class="soft">Latency is counted from when an invocation was meant to start, and only of'
        " those that were served. <i>Late</i> is how late storm itself started them.</p>"
    )


def _key(outcome: Outcome) -> str:
    style = outcome.strategy.value
    return (
        '<svg class="key" viewBox="0 0 35 11" aria-hidden="true">'
        f'<polyline class="line {style}" points="0,6 35,6"/></svg>'
    )


def _legend(storm: Storm) -> str:
    entries = (f"<span>{_key(each)}{escape(each.title)}</span>" for each in storm.outcomes)
    return f'<div class="legend">{"".join(entries)}</div>'


def _connections(storm: Storm) -> Iterator[str]:
    drawn = [outcome for outcome in storm.outcomes if outcome.tally.samples]
    if not drawn or storm.database is None:
        return
    most = storm.database.server.max_connections
    until = _until(storm)
    yield "<h2>Connections that PostgreSQL held</h2>"
    yield (
        '<p class="soft">Counted in pg_stat_activity, ten times a second, one panel for each'
        " strategy on the same scale. Storm's own observer, one connection more, is left out.</p>"
    )
    yield '<div class="panels">'
    for outcome in drawn:
        marks = [Mark(most, f"max_connections = {most}")]
        if outcome.pool_size is not None:
            marks.append(Mark(outcome.pool_size, f"pool = {outcome.pool_size}"))
        width, height = _PANEL if len(drawn) > 1 else (960, 260)
        chart = Chart(
            title=f"Connections, {outcome.title}",
            description=f"At most {outcome.tally.peak} of {most}.",
            unit="connections",
            lines=[
                Line(
                    outcome.strategy.value,
                    [(at, float(count)) for at, count in outcome.tally.samples],
                    is_stepped=True,
                    is_filled=True,
                )
            ],
            until=until,
            most=most * 1.1,
            marks=marks,
            width=width,
            height=height,
        )
        words = f"{outcome.title}: at most {outcome.tally.peak}"
        caption = f"<figcaption>{_key(outcome)}{escape(words)}</figcaption>"
        yield f"<figure>{caption}{draw(chart)}</figure>"
    yield "</div>"


def _latency(storm: Storm) -> Iterator[str]:
    lines = [
        Line(
            outcome.strategy.value,
            [
                (
                    (index + 0.5) * BUCKET,
                    percentile(sorted(bucket.latencies), 0.95) * 1000 if bucket.latencies else None,
                )
                for index, bucket in enumerate(outcome.tally.buckets)
            ],
        )
        for outcome in storm.outcomes
    ]
    values = [value for line in lines for _, value in line.points if value]
    if not values:
        return
    yield "<h2>Latency of what was served</h2>"
    yield (
        '<p class="soft">The 95th percentile of each half second, on a logarithmic scale. A line'
        " has a gap where nothing was served.</p>"
    )
    yield _legend(storm)
    chart = Chart(
        title="Latency over time",
        description="95th percentile of each half second.",
        unit="milliseconds, p95",
        lines=lines,
        until=_until(storm),
        least=min(values),
        most=max(values),
        is_logarithmic=True,
    )
    yield f'<figure class="wide">{draw(chart)}</figure>'


def _failures_over_time(storm: Storm) -> Iterator[str]:
    lines = [
        Line(
            outcome.strategy.value,
            [
                ((index + 0.5) * BUCKET, bucket.failed / BUCKET)
                for index, bucket in enumerate(outcome.tally.buckets)
            ],
        )
        for outcome in storm.outcomes
    ]
    values = [value for line in lines for _, value in line.points if value is not None]
    if not values:
        return
    yield "<h2>Invocations that failed</h2>"
    yield '<p class="soft">Each second, by when they were meant to start.</p>'
    yield _legend(storm)
    chart = Chart(
        title="Failures over time",
        description="Failed invocations a second.",
        unit="failures a second",
        lines=lines,
        until=_until(storm),
        most=max(values),
    )
    yield f'<figure class="wide">{draw(chart)}</figure>'


def _words(storm: Storm) -> Iterator[str]:
    failed = [outcome for outcome in storm.outcomes if outcome.tally.errors]
    if not failed:
        yield "<p>Nothing failed.</p>"
        return
    yield "<h2>What failed, in the words that came back</h2>"
    yield '<div class="wide"><table><thead><tr><th scope="col">strategy</th>'
    yield '<th scope="col">times</th><th scope="col">code</th>'
    yield '<th scope="col" class="words">message</th></tr></thead><tbody>'
    for outcome in failed:
        for key, count in outcome.tally.errors.most_common():
            yield (
                f"<tr><td>{escape(outcome.title)}</td><td>{count:,}</td>"
                f'<td>{escape(key.code)}</td><td class="words">{escape(key.message)}</td></tr>'
            )
    yield "</tbody></table></div>"


def _until(storm: Storm) -> float:
    return max(storm.plan.duration, BUCKET)
