"""`forebay doctor --database` as its user meets it: exit codes, refusals, secrets, the budget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doctor.live.troubles import unindexed_key, unused
from tests.doctor.live.world import World, running_world
from tests.running import run_forebay

SECRET = "hush-hush-7"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_world() as world:
        unused(world)
        unindexed_key(world)
        yield world
        world.close()


def url(world: World) -> str:
    return world.url().text().replace("watcher@", f"watcher:{SECRET}@")


def test_findings_end_with_1_and_name_what_to_paste(world: World, tmp_path: Path) -> None:
    done = run_forebay(["doctor", str(tmp_path), "--database", url(world)])
    assert done.returncode == 1
    assert "warning[FD908]: the foreign key visits_customer_id_fkey of public.visits" in done.stdout
    assert "help: CREATE INDEX CONCURRENTLY ON public.visits (customer_id);" in done.stdout
    assert "help: DROP INDEX CONCURRENTLY public.orders_note_idx;" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_a_rule_can_be_picked_and_the_url_come_from_a_variable(
    world: World, tmp_path: Path
) -> None:
    arguments = ["doctor", str(tmp_path), "--database-env", "SHOP", "--json", "--select"]
    done = run_forebay([*arguments, "FD909"], environment={"SHOP": url(world)})
    assert done.returncode == 1
    assert [one["code"] for one in json.loads(done.stdout)["findings"]] == ["FD909"]
    done = run_forebay([*arguments, "FD905"], environment={"SHOP": url(world)})
    assert (done.returncode, json.loads(done.stdout)["findings"]) == (0, [])


def test_the_budget_is_the_folders_and_the_options(world: World, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        'DATABASE_URL="postgresql://app:x@db.example.com/shop?connection_limit=9"\n'
        'DIRECT_URL="postgresql://app:x@db.example.com/shop?connection_limit=90"\n'
    )
    (tmp_path / "k8s.yaml").write_text("kind: Deployment\nspec:\n  replicas: 12\n")
    arguments = ["doctor", str(tmp_path), "--database", url(world), "--json", "--select", "FD902"]
    (one,) = json.loads(run_forebay(arguments).stdout)["findings"]
    assert "12 instances * 1 workers * a pool of 9 may ask for 108 connections" in one["message"]
    notes = [note["text"] for note in one["notes"]]
    assert "connection_limit as in .env:1; instances as in k8s.yaml:3" in notes
    done = run_forebay([*arguments, "--instances", "4"])
    assert json.loads(done.stdout)["findings"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--database", "x", "--database-env", "Y"], "both name a database"),
        (["--database-env", "NOBODY"], "the variable NOBODY is not set"),
        (["--database", f"mysql://u:{SECRET}@h/d"], "does not start with postgresql://"),
        (["--database", f"postgresql://u:{SECRET}@127.0.0.1:1/d"], "cannot be reached"),
    ],
)
def test_what_cannot_be_looked_at_ends_with_2(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    done = run_forebay(["doctor", str(tmp_path), *arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert SECRET not in done.stderr
