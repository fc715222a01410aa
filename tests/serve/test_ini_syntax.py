"""PgBouncer's ini syntax, rule by rule; what real PgBouncer 1.25 makes of each text is asserted."""

import random

import pytest

from forebay.serve.ini_syntax import Include, IniSyntaxError, Pair, Section, scan


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        (" \n\t\n", []),
        ("[pgbouncer]", [Section("pgbouncer", 1)]),
        ("a=1", [Pair("a", "1", 1)]),
        ("a = 1 2 ", [Pair("a", "1 2", 1)]),
        ("a\t=\t1\r\nb = 2\r\n", [Pair("a", "1", 1), Pair("b", "2", 2)]),
        ("a =\nb =  \n", [Pair("a", "", 1), Pair("b", "", 2)]),
        ("  a = 1\n", [Pair("a", "1", 1)]),
        ("; a = 1\n# b = 2\n  ;c\nd = 3", [Pair("d", "3", 4)]),
        # A comment stands alone: behind a value it belongs to the value.
        ("a = 1 ; no comment", [Pair("a", "1 ; no comment", 1)]),
        ("a = b = c", [Pair("a", "b = c", 1)]),
        ("* = host=h", [Pair("*", "host=h", 1)]),
        ("a.b-c_1 = 2", [Pair("a.b-c_1", "2", 1)]),
        ("'my name' = 2", [Pair("my name", "2", 1)]),
        ("[databases] a = 1", [Section("databases", 1), Pair("a", "1", 1)]),
        ("[databases];x\na = 1", [Section("databases", 1), Pair("a", "1", 2)]),
        ("%include  other file.ini \na = 1", [Include("other file.ini", 1), Pair("a", "1", 2)]),
        ("\n\n%include\tx", [Include("x", 3)]),
        # No name at all is a name like another; which settings there are is not syntax.
        ("= 1", [Pair("", "1", 1)]),
    ],
)
def test_what_is_read(text, items):
    assert list(scan(text)) == items


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("sesame", 1, "no = after a name"),
        ("a = 1\nsesame\n", 2, "no = after a name"),
        ("a\n= sesame", 1, "no = after a name"),
        ('"sesame" = 1', 1, "no = after a name"),
        ("[sesame", 1, "without its ]"),
        ("a = 1\n[ses\name]", 2, "without its ]"),
        ("'sesame = 1", 1, "closing '"),
        ("'' = sesame", 1, "closing '"),
        ("%include\n", 1, "no = after a name"),
        ("a = 1\nb = \0", 2, "NUL"),
    ],
)
def test_what_is_refused_has_its_line_and_is_not_repeated(text, line, words):
    with pytest.raises(IniSyntaxError) as caught:
        list(scan(text))
    assert caught.value.line == line
    assert words in caught.value.message
    assert caught.value.hint
    assert "sesame" not in f"{caught.value.message} {caught.value.hint}"


def test_what_came_before_a_mistake_is_read():
    items = scan("[users]\na = 1\nsesame")
    assert [next(items), next(items)] == [Section("users", 1), Pair("a", "1", 2)]


_NAMES = ["a", "max_client_conn", "*", "x.y-z", "0"]
_ODD_NAMES = ["a b", "ü", '"', "[x]", "=", ";"]
_VALUES = ["", "1", "a b", "; x", "#", "=", "'q'", "[x]", "%include x", "ü \t z", "\\"]
_BETWEEN = ["", "\n", "  \n", "; comment\n", "# [x]\n", "\t;=\n"]


def test_what_is_written_is_what_is_read():
    for _ in range(500):
        lines, wanted = [], []
        for _ in range(random.randrange(8)):
            lines.append(random.choice(_BETWEEN))
            value = random.choice(_VALUES)
            if random.random() < 0.2:
                lines.append(f"[{random.choice(_NAMES)}]\n")
                wanted.append(("section", lines[-1][1:-2]))
            elif random.random() < 0.3:
                name = random.choice(_ODD_NAMES)
                lines.append(f"'{name}' = {value}\n")
                wanted.append((name, value))
            else:
                name = random.choice(_NAMES)
                equals = random.choice(["=", " = ", "\t=", "=  "])
                lines.append(f"{name}{equals}{value}{random.choice(['', ' ', chr(13)])}\n")
                wanted.append((name, value))
        text = "".join(lines)
        read = [
            ("section", item.name) if isinstance(item, Section) else (item.name, item.value)
            for item in scan(text)
            if not isinstance(item, Include)
        ]
        assert read == wanted, text


def test_no_text_does_more_than_be_refused():
    pieces = ["[", "]", "=", "'", " ", "\n", ";", "%include ", "a", "pgbouncer", "\0", "\r", "é"]
    for _ in range(2000):
        text = "".join(random.choices(pieces, k=random.randrange(12)))
        try:
            items = list(scan(text))
        except IniSyntaxError as error:
            assert 1 <= error.line <= text.count("\n") + 1  # noqa: PT017  most texts are fine
        else:
            assert all(1 <= item.line <= text.count("\n") + 1 for item in items)
