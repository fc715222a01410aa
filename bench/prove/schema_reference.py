"""Forebay's reading of schemas beside Prisma's own WebAssembly: who says what differently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bench.prove.real_schemas import litellm, others
from bench.prove.registry import Context, Finding, proof
from forebay.schema.check import check
from tests.reference.campaign import Named, corpus, generated, run
from tests.reference.compare import Score
from tests.reference.wasm import VERSIONS, Wasm

GENERATED = 20_000
# The table of types is large: of every tenth random schema it is compared as well.
TYPED = GENERATED // 10

# What a schema without a datasource is given as types is that of no database in particular.
_URLS = re.compile(r"^\s*(?:url|directUrl|shadowDatabaseUrl)\s*=.*\n", re.MULTILINE)

BARS = {
    "corpus": {"valid or not": 1.0, "format of valid": 1.0, "datamodel": 1.0, "error texts": 0.97},
    "generated": {
        "valid or not": 0.999,
        "format of valid": 1.0,
        "datamodel": 1.0,
        "error texts": 0.97,
    },
}


def _findings(where: str, score: Score, bars: dict[str, float]) -> Iterator[Finding]:
    detail: dict[str, object] = {"lines": score.lines()}
    for kind, asked in sorted(score.asked.items()):
        share = score.share(kind)
        bar = bars.get(kind)
        measured = f"{asked - score.missed[kind]:,} of {asked:,}, {share:.2%}"
        claim = f"{where}: {kind}, same answer"
        is_pass = bar is None or share >= bar
        yield Finding(claim, f">= {bar:.1%}" if bar else "reported", measured, is_pass, detail)
    for (kind, title), count in score.classes.most_common():
        name, _ = score.examples[kind, title]
        told = f"{count} ({name})"
        yield Finding(f"{where}: {kind}: {title}"[:150], "named", told, True)


@proof("schema-reference", "schemas are read, refused and formatted as by Prisma", minutes=25)
def schema_reference(context: Context) -> list[Finding]:
    """Ask both versions about the corpus and about random schemas."""
    found: list[Finding] = []
    with Wasm() as wasm:
        for version in VERSIONS:
            context.say(f"Prisma {version}, corpus")
            score = run(wasm, version, corpus())
            found += _findings(f"Prisma {version}, corpus", score, BARS["corpus"])
            context.say(f"Prisma {version}, {GENERATED:,} random schemas")
            score = run(wasm, version, generated(0, TYPED))
            rest = run(wasm, version, generated(TYPED, GENERATED - TYPED), with_types=False)
            score.join(rest)
            found += _findings(f"Prisma {version}, random", score, BARS["generated"])
    return found


def _without_urls(schemas: Iterable[Named]) -> Iterator[Named]:
    for name, files in schemas:
        yield name, tuple((file, _URLS.sub("", text)) for file, text in files)


@proof("schema-real", "schemas that nobody here wrote get the same answers", minutes=1)
def schema_real(context: Context) -> list[Finding]:
    """Ask both versions about LiteLLM's schema and others."""
    context.say("fetching schemas")
    proxy = litellm(context.project)
    rest = list(others(context.project))
    models = len(check(proxy, 6).schema.models)
    found = [
        Finding("LiteLLM's models", ">= 97", str(models), models >= 97),
        Finding("other schemas", ">= 5", str(len(rest)), len(rest) >= 5),
    ]
    with Wasm() as wasm:
        for version in VERSIONS:
            for name, files in [("litellm", proxy), *rest]:
                context.say(f"Prisma {version}: {name}")
                # As it is, and in the form of Prisma 7: without URLs.
                forms = [(name, files), *_without_urls([(name, files)])]
                score = run(wasm, version, forms)
                different = [f"{kind}: {title}" for kind, title in score.classes]
                lines = sum(text.count("\n") for _, text in files)
                found.append(
                    Finding(
                        f"Prisma {version}: {name} ({lines:,} lines), different answers",
                        "0",
                        "; ".join(different) or "0",
                        not different,
                    )
                )
    return found
