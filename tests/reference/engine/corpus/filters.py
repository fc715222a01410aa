"""Conditions: every operator on every kind of field, and how they combine."""

from typing import Any

from tests.reference.engine.build import (
    Corpus,
    ask,
    big,
    blob,
    column,
    decimal,
    document,
    special,
    when,
)

CORPUS = Corpus("blog")
BY_ID = {"id": "asc"}


def users(title: str, /, **where: Any) -> None:
    """Add a search for users."""
    CORPUS.add(
        f"user {title}", ask("findMany User", where=where, orderBy=BY_ID, select={"id": True})
    )


def posts(title: str, /, **where: Any) -> None:
    """Add a search for posts."""
    CORPUS.add(
        f"post {title}", ask("findMany Post", where=where, orderBy=BY_ID, select={"id": True})
    )


# Text
users("equals short", name="Bob")
users("equals", name={"equals": "Bob"})
users("equals null", name=None)
users("equals null long", name={"equals": None})
users("not", name={"not": "Bob"})
users("not null", name={"not": None})
users("not object", name={"not": {"contains": "o"}})
users("not in object", email={"not": {"in": ["ann@x.io", "bob@x.io"]}})
users("in", email={"in": ["ann@x.io", "bob@x.io", "nobody"]})
users("in with null", name={"in": ["Ann", None]})
users("in one", email={"in": ["ann@x.io"]})
users("notIn", email={"notIn": ["ann@x.io"]})
users("notIn empty", email={"notIn": []})
users("notIn with null rows", name={"notIn": ["Ann"]})
users("insensitive equals", name={"equals": "DAN", "mode": "insensitive"})
users("insensitive in", name={"in": ["ANN", "bob"], "mode": "insensitive"})
users("insensitive notIn", name={"notIn": ["ANN", "bob"], "mode": "insensitive"})
users("insensitive contains", email={"contains": "X.IO", "mode": "insensitive"})
users("insensitive not", name={"not": "ANN", "mode": "insensitive"})
users("insensitive not contains", name={"not": {"contains": "A"}, "mode": "insensitive"})
users("insensitive lt", name={"lt": "C", "mode": "insensitive"})
users("default mode", email={"contains": "x.io", "mode": "default"})
users("contains percent", email={"contains": "%"})
users("contains underscore", email={"contains": "_"})
users("contains escaped", email={"contains": "\\_"})
users("contains empty", email={"contains": ""})
users("contains quote", name={"contains": "O'N"})
users("startsWith", email={"startsWith": "fay"})
users("endsWith", email={"endsWith": ".io"})
users("both ends", email={"startsWith": "a", "endsWith": "o", "contains": "@"})
users("range of text", email={"gte": "bob", "lt": "dan"})
posts("backslash", title={"contains": "\\"})
posts("backslash equals", title="A\\b")
posts("percent", title={"startsWith": "100%"})
posts("quotes", title={"equals": "Quote's \"end\""})
posts("search", title={"search": "cats & dogs"})
posts("search or", title={"search": "hello | zebra"})
posts("search none", title={"search": "absent"})

# Numbers
for operator in ("equals", "lt", "lte", "gt", "gte", "not"):
    posts(f"views {operator}", views={operator: 7})
posts("views in", views={"in": [0, 99]})
posts("views notIn", views={"notIn": [0, 99]})
posts("views range", views={"gte": 1, "lte": 10, "not": 7})
users("big equals", big=big(9223372036854775807))
users("big gt", big={"gt": big(9007199254740992)})
users("big in", big={"in": [big(0), big(-5)]})
users("big from int", big={"lt": 1})
users("decimal equals", balance=decimal("12.50"))
users("decimal gt", balance={"gt": decimal("1000000000")})
users("decimal from number", balance={"lte": 0.1})
users("decimal from text", balance={"in": ["7", "0.1"]})
users("int from float", score={"gt": 4.0})

# Truth, kinds, bytes, times
posts("true", published=True)
posts("not true", published={"not": True})
posts("equals false", published={"equals": False})
users("enum", role="ADMIN")
users("enum in", role={"in": ["ADMIN"]})
users("enum not", role={"not": "ADMIN"})
users("enum notIn both", role={"notIn": ["ADMIN", "USER"]})
users("enum not object", role={"not": {"in": ["ADMIN"]}})
users("bytes", avatar=blob("aGk="))
users("bytes empty", avatar=blob(""))
users("bytes null", avatar=None)
users("bytes in", avatar={"in": [blob("aGk="), blob("AP8=")]})
users("bytes not", avatar={"not": blob("aGk=")})
users("time", createdAt=when("2024-01-01T10:00:00.000Z"))
users("time as text", createdAt="2024-01-01T10:00:00.000Z")
users("time with offset", createdAt=when("2024-01-01T12:00:00.000+02:00"))
users("time range", createdAt={"gte": when("2024-01-02T00:00:00Z"), "lt": when("2024-03-01T00:00:00Z")})
users("time in", createdAt={"in": [when("2024-01-01T10:00:00.000Z")]})
users("time millis", createdAt={"gt": when("2024-01-03T10:00:00.122Z")})

# Lists
users("list equals", nicknames={"equals": ["x", "y"]})
users("list short equals", nicknames=["x", "y"])
users("list equals empty", nicknames={"equals": []})
users("list has", nicknames={"has": "x"})
users("list hasSome", nicknames={"hasSome": ["y", "å"]})
users("list hasSome empty", nicknames={"hasSome": []})
users("list hasEvery", nicknames={"hasEvery": ["x", "y"]})
users("list hasEvery empty", nicknames={"hasEvery": []})
users("list isEmpty", nicknames={"isEmpty": True})
users("list not isEmpty", nicknames={"isEmpty": False})
users("list NOT has", NOT={"nicknames": {"has": "x"}})
users("list odd values", nicknames={"hasSome": ['quo"te', "with space"]})

# Json
users("json equals", meta={"equals": document("text")})
users("json short equals", meta=document([1, 2, {"a": "b"}]))
users("json order of keys", meta={"equals": document({"n": 5, "city": "Oslo", "k": [1, None, "s"]})})
users("json DbNull", meta={"equals": special("DbNull")})
users("json JsonNull", meta={"equals": special("JsonNull")})
users("json AnyNull", meta={"equals": special("AnyNull")})
users("json not DbNull", meta={"not": special("DbNull")})
users("json not JsonNull", meta={"not": special("JsonNull")})
users("json not AnyNull", meta={"not": special("AnyNull")})
users("json not value", meta={"not": document("text")})
users("json path equals", meta={"path": ["city"], "equals": document("Oslo")})
users("json path number", meta={"path": ["n"], "equals": document(5)})
users("json path index", meta={"path": ["k", "0"], "equals": document(1)})
users("json path null", meta={"path": ["k", "1"], "equals": special("JsonNull")})
users("json path DbNull", meta={"path": ["city"], "equals": special("DbNull")})
users("json path not", meta={"path": ["city"], "not": document("Oslo")})
users("json path deep", meta={"path": ["deep", "list", "1"], "equals": document("b")})
users("json path contains", meta={"path": ["city"], "string_contains": "sl"})
users("json path starts", meta={"path": ["city"], "string_starts_with": "O"})
users("json path ends", meta={"path": ["city"], "string_ends_with": "lo"})
users("json path insensitive", meta={"path": ["city"], "string_contains": "OS", "mode": "insensitive"})
users("json path starts insensitive", meta={"path": ["city"], "string_starts_with": "oS", "mode": "insensitive"})
users("json contains", meta={"string_contains": "ex"})
users("json starts", meta={"string_starts_with": "te"})
users("json ends", meta={"string_ends_with": "xt"})
users("json array contains", meta={"array_contains": document([1])})
users("json array contains scalar", meta={"array_contains": document(1)})
users("json array contains object", meta={"array_contains": document([{"a": "b"}])})
users("json array starts", meta={"array_starts_with": document(1)})
users("json array ends", meta={"array_ends_with": document({"a": "b"})})
users("json path array contains", meta={"path": ["k"], "array_contains": document(["s"])})
users("json path array starts", meta={"path": ["deep", "list"], "array_starts_with": document("a")})
users("json path array ends", meta={"path": ["deep", "list"], "array_ends_with": document("b")})
users("json path gt", meta={"path": ["n"], "gt": document(5)})
users("json path gte", meta={"path": ["n"], "gte": document(5)})
users("json path lt", meta={"path": ["n"], "lt": document(7.5)})
users("json path lte", meta={"path": ["n"], "lte": document(7.5)})
users("json path lt text", meta={"path": ["city"], "lt": document("a")})
users("json path two", meta={"path": ["n"], "gt": document(1), "lt": document(6)})
users("json NOT", NOT={"meta": {"path": ["city"], "equals": document("Oslo")}})
users("json quote in path", meta={"path": ["it's \"x\""], "equals": document(1)})

# Combinations
users("AND list", AND=[{"role": "USER"}, {"score": 20}])
users("AND object", AND={"role": "USER", "score": 20})
users("AND empty", AND=[])
users("OR", OR=[{"name": "Ann"}, {"score": {"lt": 0}}])
users("OR empty", OR=[])
users("OR one", OR=[{"name": "Ann"}])
users("OR of two fields", OR=[{"name": "Ann", "role": "ADMIN"}, {"id": 2, "role": "ADMIN"}])
users("OR with an empty part", OR=[{}, {"name": "Ann"}])
users("NOT", NOT={"role": "ADMIN"})
users("NOT list", NOT=[{"role": "ADMIN"}, {"score": 5}])
users("NOT empty", NOT=[])
users("NOT nullable", NOT={"name": "Ann"})
users("NOT of two", NOT={"name": "Ann", "role": "ADMIN"})
users("NOT NOT", NOT={"NOT": {"name": "Ann"}})
users("NOT OR", NOT={"OR": [{"name": "Ann"}, {"score": 20}]})
users("deep", OR=[{"AND": [{"score": {"gt": 5}}, {"NOT": [{"name": None}]}]}, {"id": {"in": [4]}}])
users("empty operators", name={})
users("nothing")

# Fields against fields
posts("field", views={"gt": column("Post", "id")})
posts("field equals", views={"equals": column("Post", "authorId")})
posts("field not", authorId={"not": column("Post", "id")})
users("field text", name={"equals": column("User", "email")})
users("field contains", email={"contains": column("User", "name")})
users("field insensitive", email={"startsWith": column("User", "name"), "mode": "insensitive"})
users("field endsWith", email={"endsWith": column("User", "name")})
users("field in list", name={"in": column("User", "nicknames")})
users("field notIn list", name={"notIn": column("User", "nicknames")})
users("field time", createdAt={"lt": column("User", "updatedAt")})
users("field has", nicknames={"has": column("User", "name")})
users("field list equals", nicknames={"equals": column("User", "nicknames")})

# Relations
users("some", posts={"some": {"views": {"gt": 5}}})
users("some of any", posts={"some": {}})
users("none", posts={"none": {"published": True}})
users("none of any", posts={"none": {}})
users("every", posts={"every": {"published": True}})
users("every of any", posts={"every": {}})
users("some and none", posts={"some": {"views": 10}, "none": {"views": 3}})
users("is", profile={"is": {"bio": {"contains": "bio"}}})
users("is short", profile={"bio": ""})
users("is null", profile=None)
users("is null long", profile={"is": None})
users("isNot null", profile={"isNot": None})
users("isNot", profile={"isNot": {"bio": ""}})
users("NOT is", NOT={"profile": {"is": {"bio": ""}}})
posts("author is", author={"is": {"role": "ADMIN"}})
posts("author short", author={"name": "Ann"})
posts("author isNot", author={"isNot": {"role": "ADMIN"}})
posts("author's profile", author={"profile": {"bio": {"startsWith": "Ann"}}})
posts("author's profile null", author={"profile": None})
posts("tags some", tags={"some": {"name": "news"}})
posts("tags every", tags={"every": {"name": {"in": ["news", "cats"]}}})
posts("tags none", tags={"none": {}})
posts("tags some twice", AND=[{"tags": {"some": {"name": "news"}}}, {"tags": {"some": {"name": "cats"}}}])
users("three deep", posts={"some": {"tags": {"some": {"posts": {"some": {"author": {"id": 4}}}}}}})
users("every of some", posts={"every": {"tags": {"some": {}}}})
users("none of every", posts={"none": {"tags": {"every": {"name": "news"}}}})
users("NOT some", NOT={"posts": {"some": {"published": False}}})
users("OR with relations", OR=[{"posts": {"none": {}}}, {"profile": {"isNot": None}}])
CORPUS.add("tag by posts", ask("findMany Tag", where={"posts": {"none": {"author": {"is": {"posts": {"some": {"views": 0}}}}}}}, orderBy=BY_ID))
CORPUS.add("profile by user", ask("findMany Profile", where={"user": {"posts": {"some": {"tags": {"some": {}}}}}}, orderBy=BY_ID))

# Conditions that ask for nothing, at every depth
EMPTY: tuple[dict[str, Any], ...] = (
    {"NOT": {"AND": []}},
    {"OR": [{"AND": []}]},
    {"OR": [{"NOT": {}}]},
    {"OR": [{"AND": []}, {"id": 1}]},
    {"AND": [{"NOT": {"AND": []}}, {"id": 1}]},
    {"AND": [{"OR": []}, {"id": 1}]},
    {"AND": [{"OR": [{"NOT": [{"AND": []}]}]}]},
    {"OR": [{"OR": []}, {"OR": [{}]}]},
    {"NOT": {"id": {}}},
    {"NOT": {"posts": {}}},
    {"NOT": {"profile": {}}},
    {"OR": [{"id": {"not": {}}}]},
    {"NOT": {"meta": {}}},
    {"posts": {"some": {"OR": []}}},
    {"posts": {"some": {"NOT": {"AND": []}}}},
    {"posts": {"none": {"NOT": {"AND": []}}}},
    {"NOT": {"posts": {"some": {"OR": []}}}},
    {"profile": {"OR": []}},
)
for number, where in enumerate(EMPTY):
    CORPUS.add(f"asks for nothing {number}", ask("findMany User", where=where, orderBy=BY_ID, select={"id": True}))
CORPUS.add("a tagged number in a path", ask("findMany User", where={"meta": {"path": ["n"], "gt": decimal("1")}}, orderBy=BY_ID))
