"""What findings say where the schema tells more than the script."""

from pathlib import Path

import pytest

from forebay.doctor.finding import Finding
from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written
from tests.doctor.script.test_together import schema

MODEL = "model Member {{\n  id Int @id\n  email String {}\n  age Int\n  more Json\n}}\n"


def told(tmp_path: Path, code: str, path: str, text: str, mark: str = "@unique") -> Finding:
    files = {"prisma/schema.prisma": schema("postgresql") + MODEL.format(mark), path: text}
    (one,) = examine([find_rule(code)], written(tmp_path, files)).found
    return one.finding


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("email", "of any length; a wrong type ends as a 500"),
        ("age", "unlooked at: a wrong type ends as a 500"),
        ("more", "of any type and length"),
    ],
)
def test_a_scalar_is_not_of_any_type(tmp_path, field, said):
    text = (
        'import { prisma } from "@/lib/prisma"\nexport async function POST(request: Request) {\n'
        "  const body = await request.json()\n"
        f"  await prisma.member.create({{ data: {{ {field}: body.{field} }} }})\n}}\n"
    )
    assert said in told(tmp_path, "FD317", "app/api/a/route.ts", text).message


@pytest.mark.parametrize(
    ("mark", "found", "message", "help_"),
    [
        ("@unique", "throw new Error()", "the second fails with P2002", "create and answer P2002"),
        ("@unique", "return member", "the second fails with P2002", "`upsert` by the unique key"),
        ("", "throw new Error()", "both run", "make the key unique, create and answer P2002"),
    ],
)
def test_a_unique_key_makes_the_second_fail(tmp_path, mark, found, message, help_):
    text = (
        "// prisma\nexport async function join(email: string) {\n"
        "  const member = await prisma.member.findFirst({ where: { email } })\n"
        f"  if (member) {found}\n  return prisma.member.create({{ data: {{ email }} }})\n}}\n"
    )
    finding = told(tmp_path, "FD324", "lib/a.ts", text, mark=mark)
    assert message in finding.message
    assert (finding.help or "").startswith(help_)


@pytest.mark.parametrize(("provider", "expected"), [("postgresql", 1), ("mongodb", 0)])
def test_mongodb_waits_by_limits_of_its_own(finds, provider, expected):
    files = {
        "prisma/schema.prisma": schema(provider),
        "lib/a.ts": "export const a = () => prisma.$transaction(async (tx) => tx.a.count())\n",
    }
    assert len(finds("FD305", files)) == expected
