"""The pages about rules say what the registry says, and `explain` prints the same."""

from typer.testing import CliRunner

from forebay.cli.app import app
from forebay.doctor.pages import page
from forebay.doctor.registry import all_rules
from tools.doctor_pages import FOLDER, PAGE, doctor_page, pages

AGAIN = "run python -m tools.doctor_pages"


def test_every_rule_has_its_page_and_no_page_is_left_over() -> None:
    committed = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
    assert committed == pages(), AGAIN


def test_the_table_is_the_registry() -> None:
    text = PAGE.read_text()
    assert text == doctor_page(text), AGAIN
    for rule in all_rules():
        assert f"[{rule.code}](rules/" in text


def test_explain_prints_the_page() -> None:
    for rule in all_rules():
        done = CliRunner().invoke(app, ["doctor", "explain", rule.code])
        assert (done.exit_code, done.stdout.rstrip()) == (0, page(rule).rstrip())


def test_the_page_names_every_option() -> None:
    help_text = CliRunner().invoke(app, ["doctor", "--help"], env={"COLUMNS": "200"}).stdout
    text = PAGE.read_text()
    for option in ("--format", "--json", "--select", "--ignore", "--level", "--fail-on",
                   "--baseline", "--write-baseline", "--fix", "--diff"):  # fmt: skip
        assert option in help_text
        assert option in text
