"""`forebay doctor` as a user meets it: formats, exit codes, baseline, fixes, its two words."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from forebay.cli.app import app

SECRET = "Hq27-vTs90xKe"
SCHEMA = """datasource db {
  provider = "postgresql"
}

model User {
  id    Int    @id
  posts Post[]
}

model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id], onDelete: Cascade)
  authorId Int
}
"""


def doctor(folder: Path, *arguments: str) -> SimpleNamespace:
    """Run the command in a folder, in this process: loading it costs more than looking."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, ["doctor", *arguments])
    return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(SCHEMA)
    (tmp_path / "db.ts").write_text("prisma.$use(audit)\n")
    (tmp_path / ".env.production").write_text(
        "# the shop's\nDATABASE_URL=postgres://owner:" + SECRET + "@db.shop-data.net/shop"
        "?sslmode=disable\n"
    )
    return tmp_path


FORMATS = ["text", "json", "sarif", "github"]


@pytest.mark.parametrize("written", FORMATS)
def test_no_format_shows_a_secret(folder, written):
    done = doctor(folder, "--format", written)
    assert done.returncode == 1, done.stderr
    for code in ("FD121", "FD214", "FD216", "FD401"):
        assert code in done.stdout
    assert SECRET not in done.stdout + done.stderr
    diff = doctor(folder, "--diff")
    assert SECRET not in diff.stdout


def test_text_shows_the_line_without_the_secret_and_a_caret_below(folder):
    done = doctor(folder, "--select", "FD216")
    lines = done.stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("2 |"))
    assert "owner:***@db.shop-data.net" in lines[place]
    caret = lines[place + 1]
    assert lines[place][caret.index("^") : caret.rindex("^") + 1] == "sslmode=disable"


def test_json_names_places_and_has_fingerprints(folder):
    body = json.loads(doctor(folder, "--json", "--select", "FD401").stdout)
    [one] = body["findings"]
    assert (one["path"], one["line"], one["severity"]) == ("prisma/schema.prisma", 12, "warning")
    assert one["fixable"] is True
    assert re.fullmatch(r"[0-9a-f]{32}", one["fingerprint"])
    assert body["summary"]["warning"] == 1


def test_severities_decide_what_is_shown_and_how_it_ends(folder):
    assert doctor(folder, "--select", "FD121").returncode == 1
    assert doctor(folder, "--select", "FD121", "--fail-on", "error").returncode == 0
    hidden = doctor(folder, "--select", "FD121", "--level", "error")
    assert (hidden.returncode, "FD121" in hidden.stdout) == (0, False)
    assert doctor(folder, "--ignore", "FD1,FD2,FD4").returncode == 0
    assert doctor(folder, "nowhere").returncode == 2
    assert doctor(folder, "--bogus").returncode == 2


def test_words_and_folders_of_the_same_name(folder):
    (folder / "explain").mkdir()
    (folder / "explain" / "db.ts").write_text("\nprisma.$use(audit)\n")
    (folder / "look").mkdir()
    (folder / "look" / "db.ts").write_text("\n\nprisma.$use(audit)\n")
    assert "explain/db.ts" in doctor(folder, "--select", "FD121").stdout
    assert "--> explain/db.ts:2" in doctor(folder, "./explain", "--select", "FD121").stdout
    assert "--> explain/db.ts:2" in doctor(folder, "--select", "FD121", "explain").stdout
    assert "--> look/db.ts:3" in doctor(folder, "look", "--select", "FD121").stdout
    assert doctor(folder, "explain", "FD121").stdout.startswith("# FD121 use-middleware")
    assert doctor(folder, "explain").returncode == 2
    assert "did you mean FD121" in doctor(folder, "explain", "use-midleware").stderr


def test_a_file_may_be_looked_at_alone(folder):
    done = doctor(folder, "db.ts", "--format", "github")
    assert done.stdout.startswith("::warning title=FD121 use-middleware,file=db.ts,line=1")


def test_rules_are_listed(folder):
    rules = json.loads(doctor(folder, "rules", "--json").stdout)
    assert {"FD121", "FD201", "FD401"} <= {rule["code"] for rule in rules}
    assert "use-middleware" in doctor(folder, "rules").stdout


def test_help_names_the_options_and_the_two_words(folder):
    done = doctor(folder, "--help")
    assert done.returncode == 0
    for word in ("--format", "--baseline", "--fail-on", "forebay doctor explain CODE"):
        assert word in done.stdout
    assert "doctor look" not in done.stdout


def test_a_baseline_is_silent_until_something_is_new(folder):
    wrote = doctor(folder, "--write-baseline")
    assert (wrote.returncode, "doctor-baseline.json" in wrote.stderr) == (0, True)
    text = (folder / "doctor-baseline.json").read_text()
    assert SECRET not in text
    again = doctor(folder, "--baseline", "doctor-baseline.json")
    assert again.returncode == 0
    assert "in the baseline" in again.stdout
    # Lines above move nothing; the same mistake once more is new; a mended one is stale.
    (folder / "db.ts").write_text("// above\n\nprisma.$use(audit)\n")
    assert doctor(folder, "--baseline", "doctor-baseline.json").returncode == 0
    (folder / "db.ts").write_text("prisma.$use(audit)\nprisma.$use(audit)\n")
    assert doctor(folder, "--baseline", "doctor-baseline.json").returncode == 1
    (folder / "db.ts").write_text("")
    mended = doctor(folder, "--baseline", "doctor-baseline.json")
    assert mended.returncode == 0
    assert "1 of the baseline is found no more" in mended.stdout


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2, "findings": []}', '{"version": 1}'])
def test_what_is_no_baseline_is_refused(folder, text):
    (folder / "b.json").write_text(text)
    done = doctor(folder, "--baseline", "b.json")
    assert done.returncode == 2
    assert "b.json" in done.stderr
    assert doctor(folder, "--baseline", "missing.json").returncode == 2


def test_fixes_are_shown_first_and_then_made(folder):
    shown = doctor(folder, "--diff", "--select", "FD401")
    assert "+  @@index([authorId])" in shown.stdout
    assert (folder / "prisma" / "schema.prisma").read_text() == SCHEMA
    made = doctor(folder, "--fix", "--select", "FD401")
    assert (made.returncode, made.stdout) == (0, shown.stdout)
    text = (folder / "prisma" / "schema.prisma").read_text()
    assert text == SCHEMA.replace("  authorId Int\n", "  authorId Int\n\n  @@index([authorId])\n")
    assert doctor(folder, "--select", "FD401").returncode == 0


def test_annotations_escape_what_would_end_them(tmp_path):
    folder = tmp_path / "a,b:c%d"
    folder.mkdir()
    (folder / "db.ts").write_text("prisma.$use(audit)\n")
    [line] = doctor(tmp_path, folder.name, "--format", "github").stdout.splitlines()
    assert ",file=a%2Cb%3Ac%25d/db.ts,line=1," in line
    assert "%0Ahelp: " in line


def test_nothing_is_shown_of_progress_where_nobody_looks(folder):
    assert doctor(folder).stderr == ""


def test_a_missing_parser_is_named_by_its_extra(folder):
    code = (
        "import sys; sys.modules['tree_sitter'] = None; sys.argv = ['forebay', 'doctor', '.']\n"
        "from forebay.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'forebay[doctor]'" in done.stderr


def test_a_line_for_each_finding_and_a_count_for_each_rule(folder):
    done = doctor(folder, "--format", "concise", "--select", "FD121,FD401", "--level", "warning")
    first, second, count = done.stdout.splitlines()
    assert first.startswith("db.ts:1:1: warning[FD121]: `prisma.$use` is middleware")
    assert second.startswith("prisma/schema.prisma:12:3: warning[FD401]: no index of Post begins")
    assert count == "2 warnings (3 files, 2 rules)"
    done = doctor(folder, "--statistics", "--select", "FD121,FD401")
    assert done.stdout.splitlines() == [
        "1  FD121  warning  use-middleware",
        "1  FD401  warning  relation-without-index",
        "2 warnings (3 files, 2 rules)",
    ]
    refused = doctor(folder, "--statistics", "--format", "json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--statistics is a table for people" in refused.stderr


def test_many_findings_say_where_to_begin(folder):
    (folder / "db.ts").write_text("prisma.$use(audit)\n" * 11)
    last = doctor(folder, "--select", "FD121").stdout.splitlines()[-1]
    assert last.startswith("--statistics counts them by rule")
    last = doctor(folder, "--select", "FD121,FD214").stdout.splitlines()[-1]
    assert last.startswith("begin with the errors: --level error; --statistics")
    assert "--statistics" not in doctor(folder, "--select", "FD214,FD401").stdout


def test_never_fails_on_findings(folder):
    assert doctor(folder, "--fail-on", "error").returncode == 1
    assert doctor(folder, "--fail-on", "never").returncode == 0


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_code_that_no_rule_has_is_refused(folder, option):
    done = doctor(folder, option, "FD121,FD12I")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no rule FD12I" in done.stderr
    assert "did you mean FD12" in done.stderr


def test_paths_lead_from_here_and_one_file_has_its_project(folder):
    (folder / ".git").mkdir()
    app = folder / "web" / "app" / "api" / "x"
    app.mkdir(parents=True)
    (folder / "web" / "package.json").write_text('{"dependencies": {"next": "16.0.0"}}')
    (app / "route.ts").write_text(
        'import { prisma } from "@/lib/db"\n\nexport async function GET(request: Request) {\n'
        "  const { id } = await request.json()\n"
        "  return prisma.$queryRawUnsafe(`SELECT 1 WHERE a = ${id}`)\n}\nprisma.$use(audit)\n"
    )
    inner = "web/app/api/x/route.ts"
    for given in ("web", inner):
        done = doctor(folder, given, "--select", "FD121,FD312", "--format", "concise")
        assert [line.split(": ")[0] for line in done.stdout.splitlines()[:-1]] == [
            f"{inner}:5:55", f"{inner}:7:1"
        ]  # fmt: skip
        assert f"--> {inner}:7:1\n" in doctor(folder, given, "--select", "FD121").stdout
    assert "(1 files" in done.stdout
    done = doctor(app, "route.ts", "--select", "FD121", "--format", "concise")
    assert done.stdout.startswith(f"{(folder / inner).resolve()}:7:1: warning[FD121]")


def test_mended_schemas_say_that_a_migration_is_next(folder):
    schema = folder / "prisma" / "schema.prisma"
    schema.write_text(SCHEMA.replace("authorId Int", "authorId Int\n  slug String"))
    (folder / "q.ts").write_text(
        'import { prisma } from "@/lib/db"\n'
        "export const one = (slug: string) => prisma.post.findMany({ where: { slug }, take: 1 })\n"
    )
    done = doctor(folder, "--diff", "--select", "FD401,FD403")
    assert "migration" not in done.stderr
    done = doctor(folder, "--fix", "--select", "FD401,FD403")
    assert "it needs a migration" in done.stderr
    assert "\n\n  @@index([authorId])\n  @@index([slug])\n}" in schema.read_text()
    (folder / "db.ts").write_text("prisma.$use(audit)\n")
    assert "migration" not in doctor(folder, "--fix", "--select", "FD401").stderr
