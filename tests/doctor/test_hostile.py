"""Files and names that were made to hang, crash or mislead the doctor."""

import ast
import os
import tokenize

import pytest

from forebay.doctor.finding import Edit, Finding, Note, Span
from forebay.doctor.fix import diff_of, gather, write
from forebay.doctor.python import foreign
from forebay.doctor.python.children import walk as walk_below
from forebay.doctor.python.module import FUNCTIONS, Module
from forebay.doctor.registry import all_rules, find_rule
from forebay.doctor.report.github import workflow_commands
from forebay.doctor.report.text import lines_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.repository.walk import walk
from forebay.doctor.repository.yaml_tree import read_yaml
from forebay.doctor.run import Report, Reported, examine
from forebay.doctor.script import script as scripts
from forebay.errors import ConfigurationError
from tests.doctor.conftest import written

NAME = "a\n::error::\x1b[31m.ts"


def report(*edits: Edit) -> Report:
    finding = Finding(
        "is \x1b]0;wrong\x07",
        span=Span(NAME, 1, 1),
        help="say\rthis",
        notes=(Note("and \x1b[2J", Span(NAME, 1, 1)),),
        edits=edits,
    )
    return Report([Reported(find_rule("FD121"), finding)])


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".env")
    (file,) = Repository(tmp_path).files
    assert file.text == ""


def test_anchors_that_multiply_are_cut_off():
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 12):
        again = ", ".join([f"*a{number - 1}"] * 9)
        bomb.append(f"a{number}: &a{number} [{again}]")
    (document,) = read_yaml("\n".join(bomb))
    assert sum(1 for _ in document.walk()) < 10_000


def test_an_anchor_that_holds_itself_ends():
    (document,) = read_yaml("services: &s\n  a: *s\n  b: *s\n  image: postgres\n")
    assert document.say("services", "image") == "postgres"
    assert sum(1 for _ in document.walk()) < 10


def test_names_and_messages_reach_no_terminal_as_they_are(tmp_path):
    repository = written(tmp_path, {NAME: "one\n"})
    found = report(Edit(NAME, 0, 3, "\x1b[2J"))
    lines = [
        *(line.plain for line in lines_of(found, repository)),
        *workflow_commands(found),
        *diff_of(gather(found, repository)),
    ]
    assert "\x1b" not in "".join(lines)
    assert not [line for line in lines if "\n" in line or "\r" in line]
    assert any("a\\n::error::\\x1b[31m.ts:1:1" in line for line in lines)


def test_a_name_that_is_not_utf_8_can_be_written(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff.ts", "w") as file:
        file.write("one\n")
    (called,) = [name for name, _ in walk(tmp_path)]
    assert called.encode() == "\ufffd.ts".encode()


def test_fix_follows_no_link_out_of_the_folder(tmp_path):
    outside = tmp_path / "outside.ts"
    outside.write_text("one\n")
    repository = written(tmp_path / "folder", {"a.ts": "one\n"})
    fixes = gather(report(Edit("a.ts", 0, 3, "two")), repository)
    (tmp_path / "folder" / "a.ts").unlink()
    (tmp_path / "folder" / "a.ts").symlink_to(outside)
    with pytest.raises(ConfigurationError, match="outside"):
        write(fixes, tmp_path / "folder")
    assert outside.read_text() == "one\n"


def test_links_out_of_the_folder_are_not_read_and_said(tmp_path):
    (tmp_path / "secret.env").write_text("DATABASE_URL=postgresql://a:hunter2@db.example.org/a\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.ts").write_text("prisma.$use(audit)\n")
    repository = written(tmp_path / "folder", {"app/a.ts": "const a = 1\n"})
    folder = repository.root
    (folder / ".env").symlink_to(tmp_path / "secret.env")
    (folder / "app" / "c.ts").symlink_to("../../elsewhere/b.ts")
    (folder / "app" / "inside.ts").symlink_to("a.ts")
    (folder / "app" / "gone.ts").symlink_to("nowhere.ts")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "loop.ts").symlink_to("loop.ts")
    found = examine([find_rule("FD214"), find_rule("FD121")], Repository(folder))
    assert found.found == []
    assert found.skipped == [".env", "app/c.ts"]
    assert "links out of the folder: .env, app/c.ts" in list(lines_of(found, None))[-1].plain


def test_a_folder_that_is_a_link_itself_is_looked_at(tmp_path):
    written(tmp_path / "folder", {"a.ts": "one\n"})
    (tmp_path / "link").symlink_to("folder")
    assert [file.path for file in Repository(tmp_path / "link").files] == ["a.ts"]


def test_a_gitignore_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".gitignore")
    assert [file.path for file in written(tmp_path, {"a.ts": "one\n"}).files] == ["a.ts"]


CLIENT = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000 + ")" * 100_000,
        "f(() => {" * 20_000 + "prisma.$use(audit)" + "})" * 20_000,
        "prisma" + ".user.findMany()" * 20_000,
        "[" * 100_000,
    ],
)
def test_a_script_that_nests_without_end_is_given_up(tmp_path, text):
    repository = written(tmp_path, {"a.ts": CLIENT + text})
    (script,) = repository.scripts
    assert len(script.calls) < 1000
    assert examine([find_rule("FD121"), find_rule("FD301")], repository).found == []


def test_a_name_at_the_end_of_a_long_chain_is_short(tmp_path):
    repository = written(tmp_path, {"a.py": "import sqlalchemy\nx" + ".a()" * 180 + "\n"})
    (module,) = repository.modules
    assert max(len(call.name) for call in module.calls) < 300


def test_a_chain_of_calls_is_gone_through_once(tmp_path, monkeypatch):
    taken = []
    whole = scripts._part

    def counted(node):
        taken.append(node)
        return whole(node)

    monkeypatch.setattr(scripts, "_part", counted)
    repository = written(tmp_path, {"a.ts": CLIENT + "prisma" + ".user.findMany()" * 60 + "\n"})
    (script,) = repository.scripts
    assert max(len(call.names) for call in script.calls) == 100
    chain = sorted((call.names for call in script.calls if not call.is_new), key=len)
    assert chain[:2] == [
        ("prisma", "user", "findMany"),
        ("prisma", "user", "findMany", "()", "user", "findMany"),
    ]
    assert len(taken) < 4 * 60


def test_a_file_that_is_too_long_is_said(tmp_path):
    files = {
        "a.ts": CLIENT + "prisma.$use(audit)\n" * 60_000,
        "b.ts": CLIENT + "(" * 600 + ")" * 600,
        "c.py": "import sqlalchemy\nx = f'" + "{a}" * 20_000 + "'\n",
        "d.ts": CLIENT,
    }
    found = examine([find_rule("FD121"), find_rule("FD615")], written(tmp_path, files))
    assert [one.partition(" ")[0] for one in found.unread] == ["a.ts", "b.ts", "c.py"]
    said = list(lines_of(found, None))[-1].plain
    assert "not looked into: a.ts (longer than 1,000,000 bytes), b.ts (nested more than" in said


def test_an_expression_that_nests_too_deep_ends_no_look(tmp_path):
    sql = " + ".join(["'select 1'", "q"] * 300)
    text = f"import sqlalchemy\ndef f(session, q):\n    session.execute({sql})\n"
    rules = [rule for rule in all_rules() if rule.check is not None]
    report = examine(rules, written(tmp_path, {"a.py": text}))
    assert report.unread == [
        "the rest of FD604 (sql-from-text): an expression nests too deep",
    ]


def test_what_a_function_speaks_to_is_worked_out_once(tmp_path, monkeypatch):
    asked = []
    whole = foreign._clients_of

    def counted(module, function):
        asked.append(function.name)
        return whole(module, function)

    monkeypatch.setattr(foreign, "_clients_of", counted)
    blocks = "    with engine.begin() as c:\n        client.get('/')\n" * 50
    text = "import httpx\nfrom sqlalchemy import text\nclient = httpx.Client()\ndef f(engine):\n"
    repository = written(tmp_path, {"a.py": text + blocks})
    assert len(examine([find_rule("FD603")], repository).found) == 50
    assert asked == ["f"]


def test_what_is_below_a_node_is_what_ast_says():
    contexts = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    for name in (ast.__file__, tokenize.__file__, __file__):
        with open(name, "rb") as file:
            tree = ast.parse(file.read())
        wanted = [one for one in ast.walk(tree) if not isinstance(one, contexts)]
        assert list(walk_below(tree)) == wanted


def test_the_function_around_a_node_is_the_nearest(tmp_path):
    text = "import sqlalchemy\ndef f(a=g(1)):\n    x = [h(y) for y in z]\n    def i(): return j\n"
    (module,) = written(tmp_path, {"a.py": text}).modules
    assert isinstance(module, Module)
    for node in walk_below(module.tree):
        around = (one for one in module.around(node) if isinstance(one, FUNCTIONS))
        assert module.function_around(node) is next(around, None)


def test_of_patterns_that_are_read_together_the_last_decides(tmp_path):
    ignored = "a*.ts\nb.ts\n!ab.ts\n!b.ts\nb.ts\nc/\n!d.ts\n"
    names = ["aa.ts", "ab.ts", "b.ts", "c", "d.ts"]
    repository = written(tmp_path, {".gitignore": ignored, **dict.fromkeys(names, "one\n")})
    assert [file.path for file in repository.files] == ["ab.ts", "d.ts"]
