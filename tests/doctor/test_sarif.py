"""The SARIF log has the shape that its schema (2.1.0) requires, property by property."""

from typing import Any

from forebay.doctor.finding import Edit, Finding, Note, Span
from forebay.doctor.registry import all_rules, find_rule
from forebay.doctor.report.sarif import as_sarif
from forebay.doctor.run import Report, Reported, examine
from tests.doctor.conftest import written

LEVELS = {"none", "note", "warning", "error"}
# What the schema allows in the objects that are written here, and what it requires of them.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "log": ({"$schema", "version", "runs"}, {"version", "runs"}),
    "run": ({"tool", "columnKind", "results"}, {"tool"}),
    "driver": ({"name", "version", "semanticVersion", "rules"}, {"name"}),
    "rule": (
        {"id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration",
         "properties"},
        {"id"},
    ),
    "result": (
        {"ruleId", "ruleIndex", "level", "message", "partialFingerprints", "locations",
         "relatedLocations", "fixes"},
        {"message"},
    ),
    "location": ({"id", "message", "physicalLocation", "logicalLocations"}, set()),
    "physical": ({"artifactLocation", "region"}, set()),
    "artifact": ({"uri", "uriBaseId"}, set()),
    "region": ({"startLine", "startColumn", "endLine", "endColumn", "snippet"}, set()),
    "fix": ({"description", "artifactChanges"}, {"artifactChanges"}),
    "change": ({"artifactLocation", "replacements"}, {"artifactLocation", "replacements"}),
    "replacement": ({"deletedRegion", "insertedContent"}, {"deletedRegion"}),
}  # fmt: skip


def fits(kind: str, body: dict[str, Any]) -> None:
    allowed, required = ALLOWED[kind]
    assert required <= set(body) <= allowed, (kind, set(body))


def check_region(body: dict[str, Any]) -> None:
    fits("region", body)
    for name in ("startLine", "startColumn", "endLine", "endColumn"):
        assert body.get(name, 1) >= 1
    if "endLine" in body:
        start, end = (body["startLine"], body["startColumn"]), (body["endLine"], body["endColumn"])
        assert start <= end


def check_physical(body: dict[str, Any]) -> None:
    fits("physical", body)
    fits("artifact", body["artifactLocation"])
    assert " " not in body["artifactLocation"]["uri"]
    check_region(body["region"])


def check_result(body: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    fits("result", body)
    assert body["message"]["text"]
    assert body["level"] in LEVELS
    assert rules[body["ruleIndex"]]["id"] == body["ruleId"]
    for place in (*body["locations"], *body.get("relatedLocations", ())):
        fits("location", place)
        if "physicalLocation" in place:
            check_physical(place["physicalLocation"])
    for fix in body.get("fixes", ()):
        fits("fix", fix)
        for change in fix["artifactChanges"]:
            fits("change", change)
            for one in change["replacements"]:
                fits("replacement", one)
                check_region(one["deletedRegion"])


def check_log(body: dict[str, Any]) -> list[dict[str, Any]]:
    fits("log", body)
    assert body["version"] == "2.1.0"
    [run] = body["runs"]
    fits("run", run)
    driver = run["tool"]["driver"]
    fits("driver", driver)
    for rule in driver["rules"]:
        fits("rule", rule)
        assert rule["defaultConfiguration"]["level"] in LEVELS
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for result in run["results"]:
        check_result(result, driver["rules"])
    results: list[dict[str, Any]] = run["results"]
    return results


def test_what_every_rule_finds_in_its_example_fits(tmp_path):
    for number, rule in enumerate(all_rules()):
        if rule.check is None:
            continue
        files = {**rule.files, rule.example_place: rule.bad}
        root = tmp_path / str(number)
        root.mkdir()
        repository = written(root, files)
        assert check_log(as_sarif(examine([rule], repository), repository, "a b/"))


def test_places_notes_fixes_and_objects_of_a_database(tmp_path):
    repository = written(tmp_path, {"a.ts": "const a = 1\nconst b = 2\n"})
    span = Span("a.ts", 1, 7, 1, 8)
    found = [
        Finding(
            "is wrong", span, notes=(Note("here too", Span("a.ts", 2)), Note("and so it is")),
            edits=(Edit("a.ts", 6, 7, "c"),),
        ),
        Finding("is wrong", span, edits=(Edit("a.ts", 0, 0, "PASSWORD='hunter22x'"),)),
        Finding("is unused", subject="public.posts_idx"),
    ]  # fmt: skip
    rule = find_rule("FD121")
    report = Report([Reported(rule, one) for one in found])
    first, second, third = check_log(as_sarif(report, repository))
    assert first["fixes"][0]["artifactChanges"][0]["replacements"][0] == {
        "deletedRegion": {"startLine": 1, "startColumn": 7, "endLine": 1, "endColumn": 8},
        "insertedContent": {"text": "c"},
    }
    assert [one["message"]["text"] for one in first["relatedLocations"]] == ["here too"]
    assert "fixes" not in second  # it would show a secret
    assert third["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "public.posts_idx"
