"""`forebay migrate lint`, `explain` and the look before a deploy: output, exit codes, refusals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from forebay.cli import migrate_look
from forebay.cli.findings_options import Least
from forebay.cli.migrate_look import before_deploy
from forebay.errors import MigrationError
from forebay.migrate.commands.deploy import deploy
from forebay.migrate.commands.lint import lint_files, read_settings
from forebay.migrate.commands.scripts import scripts
from forebay.migrate.folder import Migration
from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.linter import Options
from forebay.migrate.lint.registry import Severity
from tests.migrate.conftest import Place
from tests.running import run_forebay

INDEX = 'CREATE INDEX "i" ON "A" ("b");\n'


def _run(place: Place, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"DATABASE_URL": place.url.text(), **environment}
    return run_forebay(["migrate", *arguments], place.folder, given)


def test_levels_decide_what_is_shown_and_how_it_ends(place):
    (place.folder / "a.sql").write_text(INDEX + 'DROP INDEX "j";\n')
    done = _run(place, "lint", "a.sql", "--level", "error")
    assert (done.returncode, done.stderr) == (1, "")
    assert "error[FM107]" in done.stdout
    assert "FM108" not in done.stdout
    assert "\n1 script: 1 error, 1 warning (shown with --level warning)\n" in done.stdout
    assert _run(place, "lint", "a.sql", "--fail-on", "never").returncode == 0
    done = _run(place, "lint", "a.sql", "--ignore", "FM107", "--ignore", "dropping-index")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "1 script: nothing found")
    done = _run(place, "lint", "a.sql", "--ignore", "FM999")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error[FB1001]: there is no rule FM999",
    )


def test_rules_are_selected_by_codes_their_beginnings_and_names(place):
    (place.folder / "a.sql").write_text(INDEX + "DROP INDEX j;\nCREATE TABLE t (a serial);\n")

    def found(*arguments: str) -> list[str]:
        done = _run(place, "lint", "a.sql", "--json", "--level", "note", *arguments)
        return [one["code"] for one in json.loads(done.stdout)["scripts"][0]["findings"]]

    assert found() == ["FM107", "FM108"]
    assert found("--select", "FM107,dropping-index") == ["FM107", "FM108"]
    assert found("--select", "fm10", "--ignore", "FM108") == ["FM107"]
    assert found("--select", "serial-column") == ["FM506"]
    assert found("--extend-select", "FM506") == ["FM107", "FM108", "FM506"]
    refused = _run(place, "lint", "a.sql", "--select", "creating-indx")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "did you mean FM107 (creating-index)?" in refused.stderr
    (place.folder / "a.sql").write_text("SELEC 1;\n")
    assert found("--select", "FM107") == ["FM001"]


def test_a_line_for_each_finding(place):
    (place.folder / "a.sql").write_text(INDEX + 'DROP INDEX "j";\n')
    done = _run(place, "lint", "a.sql", "--format", "concise", "--fail-on", "error")
    assert (done.returncode, done.stdout.splitlines()) == (
        1,
        [
            "a.sql:1:1: error[FM107]: A cannot be written until the index is built",
            "a.sql:2:1: warning[FM108]: nobody can read or write the index's table while this waits"
            " for whoever uses it",
            "1 script: 1 error, 1 warning",
        ],
    )


def test_what_cannot_be_looked_at_is_no_finding(place):
    assert _run(place, "lint", "nowhere.sql").returncode == 2
    (place.folder / "schema.prisma").write_text("model {")
    assert _run(place, "lint").returncode == 2
    url = "postgresql://nobody@127.0.0.1:1/none"
    (place.folder / "a.sql").write_text("")
    assert _run(place, "lint", "a.sql", "--url", url).returncode == 2


@pytest.mark.parametrize("shape", ["json", "github", "sarif"])
def test_formats_for_programs(place, shape):
    (place.folder / "a.sql").write_text("\n" + INDEX)
    done = _run(place, "lint", "a.sql", "--format", shape)
    assert done.returncode == 1
    if shape == "json":
        (script,) = json.loads(done.stdout)["scripts"]
        (one,) = script["findings"]
        assert (script["path"], one["code"], one["line"], one["column"]) == ("a.sql", "FM107", 2, 1)
        assert one["locks"] == [{"relation": "A", "mode": "SHARE", "blocks": "writes"}]
        assert script["statements"][0]["locks"] == one["locks"]
    elif shape == "github":
        assert done.stdout.startswith(
            "::error file=a.sql,line=2,col=1,title=FM107 creating-index::"
        )
        assert len(done.stdout.splitlines()) == 1
    else:
        (run,) = json.loads(done.stdout)["runs"]
        assert [one["ruleId"] for one in run["results"]] == ["FM107"]


def test_migrations_that_the_database_has_seen_are_left_out(place):
    place.migration("1_a", "create table a (i int);")
    place.migration("2_b", "create index i on a (i);")
    place.migration("3_c", "drop table a;")
    done = _run(place, "lint", "--level", "note", "--format", "json", "--fail-on", "never")
    assert [one["path"][:14] for one in json.loads(done.stdout)["scripts"]] == [
        f"migrations/{one}" for one in ("1_a", "2_b", "3_c")
    ]
    deploy(place.project(), place.say)
    place.migration("4_d", "create table b (i int);")
    place.migration("5_e", "create index j on b (i);")
    done = _run(place, "lint", "--database", "--level", "note")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "2 scripts: nothing found")


def test_a_rule_is_explained(place):
    done = _run(place, "explain", "fm107")
    assert done.stdout.startswith("FM107 creating-index (error)\n")
    assert _run(place, "explain", "require-concurrent-index-creation").stdout == done.stdout
    assert "FM601  foreign-key-without-index (warning)" in _run(place, "explain").stdout
    assert _run(place, "explain", "FM999").returncode == 2


def test_files_are_found_and_what_is_none_is_said(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.sql").write_bytes(b"SELECT '\xff';")
    (tmp_path / "a.sql").write_text("")
    assert [one.name for one in scripts([tmp_path])] == ["a.sql", "x.sql"]
    with pytest.raises(Exception, match="is not UTF-8: byte 8"):
        lint_files([tmp_path / "b" / "x.sql"], Options(), Facts(), None)
    with pytest.raises(Exception, match="there is no"):
        scripts([tmp_path / "c"])


def test_settings_of_the_project_are_read(tmp_path, monkeypatch):
    path = tmp_path / "pyproject.toml"
    path.write_text('[tool.forebay.lint]\nignore = ["FM601"]\nfatal = "error"\npg-version = 15\n')
    inside = tmp_path / "inside"
    inside.mkdir()
    found = read_settings(inside)
    assert (found.ignore, found.fatal, found.version) == (
        frozenset({"FM601"}),
        Severity.ERROR,
        15,
    )
    monkeypatch.setenv("FOREBAY_LINT_FATAL", "never")
    assert read_settings(inside).fatal is None
    for wrong in ('level = "x"', 'fatal = "loud"', 'ignore = "FM601"', 'ignore = ["x"]', "["):
        monkeypatch.delenv("FOREBAY_LINT_FATAL", raising=False)
        path.write_text(f"[tool.forebay.lint]\n{wrong}\n")
        with pytest.raises(Exception, match=r"lint|level|rule|read"):
            read_settings(inside)


@pytest.fixture
def busy(place):
    """A database with a large table, and a migration that locks it."""
    place.migration("1_a", 'create table "A" (b int);')
    deploy(place.project(), place.say)
    place.ask('insert into "A" select generate_series(1, 20000)')
    place.migration("2_b", INDEX)
    return place


def test_a_deploy_says_what_it_does_and_does_it(busy):
    done = _run(busy, "deploy")
    assert done.returncode == 0
    assert "error[FM107]: A cannot be written" in done.stderr
    assert "size: A: 20,000 rows" in done.stderr
    assert "2_b" in done.stdout


def test_a_deploy_that_is_told_to_applies_nothing(busy):
    done = _run(busy, "deploy", "--lint-fatal", "error")
    assert done.returncode == 1
    assert "nothing was applied" in done.stderr
    assert busy.ask("select count(*) from _prisma_migrations") == [(1,)]
    done = _run(busy, "deploy", FOREBAY_LINT_FATAL="warning")
    assert (done.returncode, busy.ask("select count(*) from _prisma_migrations")) == (1, [(1,)])
    done = _run(busy, "deploy", "--no-lint", "--lint-fatal", "error")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_has_been_applied_is_not_looked_at(busy):
    assert _run(busy, "deploy", "--no-lint").returncode == 0
    done = _run(busy, "deploy", "--lint-fatal", "note")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_linter_that_fails_stands_in_nobodys_way_and_says_so(place, monkeypatch, capsys):
    def fail() -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(migrate_look, "needed", fail)
    todo = [Migration("1_a", "select 1;")]
    before_deploy(place.project(), None)(todo)
    assert "without the linter's word: RuntimeError: out of order" in capsys.readouterr().err
    with pytest.raises(MigrationError, match="did not come to its end, and nothing was applied"):
        before_deploy(place.project(), Least.ERROR)(todo)


def test_nothing_pending_needs_no_linter(place, monkeypatch):
    monkeypatch.setattr(migrate_look, "needed", lambda: pytest.fail("it was asked"))
    before_deploy(place.project(), Least.ERROR)([])
    assert Path(place.folder).exists()


def test_a_name_neither_begins_a_line_nor_steers_a_terminal(place):
    script = 'DROP TABLE "a\x1b[31m";\nDROP TABLE "b\n::error::c";\n'
    (place.folder / "a.sql").write_text(script)
    done = _run(place, "lint", "a.sql", "--locks")
    assert "the rows of a\\x1b[31m are lost" in done.stdout
    assert "the rows of b\\n::error::c are lost" in done.stdout
    assert "\x1b" not in done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith("::")]
