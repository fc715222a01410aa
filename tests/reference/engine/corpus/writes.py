"""Writes of the blog: single, many, upsert, nested writes of every kind, and what they refuse."""

from tests.reference.engine.build import (
    Corpus,
    Json,
    ask,
    batch,
    big,
    blob,
    decimal,
    document,
    raw,
    special,
    when,
)

CORPUS = Corpus("blog")
add = CORPUS.add

BY_ID = {"id": "asc"}
IN_ORDER = {"orderBy": {"id": "asc"}}
TREE: Json = {"posts": {**IN_ORDER, "include": {"tags": IN_ORDER}}, "profile": {}}


def update(name: str, /, where: Json, data: Json, **rest: Json) -> None:
    """Add an update of one user, answered with all that belongs to it."""
    add(
        f"update {name}",
        ask("updateOne User", where=where, data=data, **{"include": TREE, **rest}),
    )


# Create
add("create", ask("createOne User", data={"email": "new@x.io"}))
add(
    "create with all",
    ask(
        "createOne User",
        data={
            "id": 500,
            "email": "all@x.io",
            "name": "All 'of' \"it\" \\ 😀",
            "role": "ADMIN",
            "score": -1,
            "balance": decimal("12345678901234567890.123456789"),
            "big": big(-9223372036854775808),
            "meta": document({"a": [1, {"b": None}], "c": 1.5}),
            "nicknames": ["one", ""],
            "avatar": blob("3q2+7w=="),
            "createdAt": when("2001-02-03T04:05:06.789Z"),
            "updatedAt": when("2001-02-03T04:05:06.789Z"),
        },
    ),
)
add("create null", ask("createOne User", data={"email": "n@x.io", "name": None, "avatar": None}))
add("create DbNull", ask("createOne User", data={"email": "n@x.io", "meta": special("DbNull")}))
add("create JsonNull", ask("createOne User", data={"email": "n@x.io", "meta": special("JsonNull")}))
add("create list set", ask("createOne User", data={"email": "n@x.io", "nicknames": {"set": ["q"]}}))
add("create select", ask("createOne User", data={"email": "n@x.io"}, select={"id": True}))
add("create unchecked", ask("createOne Post", data={"title": "t", "authorId": 2}))
add(
    "create include",
    ask("createOne Post", data={"title": "t", "authorId": 2}, include={"author": {}, "tags": {}}),
)
add("create taken", ask("createOne User", data={"email": "ann@x.io"}))
add("create taken key", ask("createOne User", data={"id": 1, "email": "free@x.io"}))
add("create without parent", ask("createOne Post", data={"title": "t", "authorId": 77}))
add("create with count", ask("createOne User", data={"email": "n@x.io"}, include={"_count": {}}))
add("create decimal as number", ask("createOne User", data={"email": "n@x.io", "balance": 1.25}))
add("create time as text", ask("createOne User", data={"email": "n@x.io", "createdAt": "2020-01-01T00:00:00Z"}))

# Create many
THREE = [{"email": "m1@x.io", "name": "one"}, {"email": "m2@x.io", "score": 3}, {"email": "m3@x.io"}]
add("create many", ask("createMany User", data=THREE))
add("create many of one", ask("createMany User", data={"email": "m1@x.io"}))
add("create many of none", ask("createMany User", data=[]))
add("create many taken", ask("createMany User", data=[*THREE, {"email": "ann@x.io"}]))
add("create many skipping", ask("createMany User", data=[*THREE, {"email": "ann@x.io"}], skipDuplicates=True))
add("create many all there", ask("createMany Tag", data=[{"name": "news"}], skipDuplicates=True))
add("create many and return", ask("createManyAndReturn User", data=THREE))
add("create many and return select", ask("createManyAndReturn User", data=THREE, select={"email": True}))
add("create many and return skipping", ask("createManyAndReturn Tag", data=[{"name": "news"}, {"name": "new"}], skipDuplicates=True))
add("create many and return to-one", ask("createManyAndReturn Post", data=[{"title": "a", "authorId": 1}, {"title": "b", "authorId": 2}], include={"author": {}}))
add("create many without parent", ask("createMany Post", data=[{"title": "a", "authorId": 1}, {"title": "b", "authorId": 77}]))
add("create many lists", ask("createManyAndReturn User", data=[{"email": "a@a", "nicknames": ["x"]}, {"email": "b@b", "nicknames": {"set": []}}, {"email": "c@c"}]))
add("create many json", ask("createManyAndReturn User", data=[{"email": "a@a", "meta": document([1])}, {"email": "b@b", "meta": special("JsonNull")}, {"email": "c@c", "meta": special("DbNull")}]))

# Update
ONE = {"id": 1}
update("scalar", ONE, {"name": "Anna"})
update("by email", {"email": "bob@x.io"}, {"name": None})
update("nothing", ONE, {})
update("absent", {"id": 99}, {"name": "n"})
update("filtered out", {"id": 1, "role": "USER"}, {"name": "n"})
update("filtered", {"id": 1, "role": "ADMIN"}, {"name": "n"})
update("set", ONE, {"name": {"set": "n"}, "score": {"set": 5}, "role": {"set": "USER"}})
update("increment", ONE, {"score": {"increment": 5}, "big": {"increment": big(1)}, "balance": {"increment": decimal("0.25")}})
update("decrement", ONE, {"score": {"decrement": 5}, "balance": {"decrement": 1}})
update("multiply", ONE, {"score": {"multiply": 3}, "balance": {"multiply": decimal("1.5")}})
update("divide", ONE, {"score": {"divide": 3}, "balance": {"divide": 2}})
update("divide by zero", ONE, {"score": {"divide": 0}})
update("overflow", ONE, {"score": {"increment": 2147483647}})
update("key", ONE, {"id": 900})
update("key of childless", {"id": 2}, {"id": 901, "email": "moved@x.io"})
update("key incremented", {"id": 6}, {"id": {"increment": 10}})
update("to taken", ONE, {"email": "bob@x.io"})
update("push", ONE, {"nicknames": {"push": "new"}})
update("push many", ONE, {"nicknames": {"push": ["new", "newer"]}})
update("push to empty", {"id": 2}, {"nicknames": {"push": []}})
update("list set", ONE, {"nicknames": {"set": ["only"]}})
update("list short", ONE, {"nicknames": ["short"]})
update("list emptied", ONE, {"nicknames": []})
update("json", ONE, {"meta": document({"a": 1})})
update("json DbNull", ONE, {"meta": special("DbNull")})
update("json JsonNull", ONE, {"meta": special("JsonNull")})
update("bytes and time", ONE, {"avatar": blob("AAE="), "createdAt": when("1999-12-31T23:59:59.999Z")})
update("select", ONE, {"name": "n"}, include={}, select={"name": True})
update("fixed updatedAt", ONE, {"updatedAt": when("2000-01-01T00:00:00.000Z")})
add("update unchecked", ask("updateOne Post", where={"id": 1}, data={"authorId": 2}))
add("update unchecked to nobody", ask("updateOne Post", where={"id": 1}, data={"authorId": 77}))

# Update and delete many
add("update many", ask("updateMany Post", where={"views": {"lt": 5}}, data={"published": True}), ask("findMany Post", orderBy=BY_ID))
add("update many all", ask("updateMany Tag", data={"name": {"set": "same"}}))
add("update many numbers", ask("updateMany Post", data={"views": {"multiply": 2}}))
add("update many none", ask("updateMany Post", where={"id": 99}, data={"views": 1}))
add("update many nothing", ask("updateMany Post", where={}, data={}))
add("update many limit", ask("updateMany Post", where={"id": {"in": [3]}}, data={"views": 1}, limit=1))
add("update many limit 0", ask("updateMany Post", data={"views": 1}, limit=0))
add("update many by relation", ask("updateMany Post", where={"author": {"name": "Ann"}}, data={"views": {"increment": 1}}))
add("update many by many to many", ask("updateMany Post", where={"tags": {"some": {"name": "news"}}}, data={"title": "N"}))
add("update many and return", ask("updateManyAndReturn Post", where={"authorId": 1}, data={"title": "same"}))
add("update many and return to-one", ask("updateManyAndReturn Post", where={"id": 1}, data={"views": 5}, include={"author": {}}))
add("update many and return none", ask("updateManyAndReturn Post", where={"id": 99}, data={"views": 5}))
add("update many and return limit", ask("updateManyAndReturn Post", where={"id": 4}, data={"views": 5}, limit=2, select={"id": True}))
add("update many unchecked", ask("updateMany Post", where={"id": 1}, data={"authorId": 3}))
add("delete many", ask("deleteMany Post", where={"published": False}))
add("delete many all", ask("deleteMany Profile"))
add("delete many limit", ask("deleteMany Post", where={"id": {"in": [1]}}, limit=1))
add("delete many limit more", ask("deleteMany Post", where={"id": {"in": [1, 2]}}, limit=5))
add("delete many by relation", ask("deleteMany Post", where={"author": {"profile": None}}))
add("delete many held", ask("deleteMany User", where={"id": 1}))

# Delete
add("delete", ask("deleteOne Post", where={"id": 1}))
add("delete with relations", ask("deleteOne Post", where={"id": 1}, include={"tags": IN_ORDER, "author": {}}))
add("delete absent", ask("deleteOne Post", where={"id": 99}))
add("delete held", ask("deleteOne User", where={"id": 1}))
add("delete cascading", ask("deleteOne User", where={"id": 2}, include={"posts": IN_ORDER}))
add("delete filtered out", ask("deleteOne Post", where={"id": 1, "published": False}))
add("delete select", ask("deleteOne Tag", where={"name": "news"}, select={"id": True}))
add("delete with count", ask("deleteOne Tag", where={"name": "news"}, include={"_count": {}}))

# Upsert
add("upsert there", ask("upsertOne Tag", where={"name": "news"}, create={"name": "news"}, update={"name": "olds"}))
add("upsert not there", ask("upsertOne Tag", where={"name": "new"}, create={"name": "new"}, update={"name": "x"}))
add("upsert empty update", ask("upsertOne Tag", where={"name": "news"}, create={"name": "news"}, update={}))
add("upsert other key", ask("upsertOne Tag", where={"id": 1}, create={"name": "rust"}, update={"name": "cats"}))
add("upsert creates taken", ask("upsertOne Tag", where={"id": 77}, create={"name": "rust"}, update={}))
add("upsert by id", ask("upsertOne Tag", where={"id": 77}, create={"id": 77, "name": "lucky"}, update={}))
add("upsert number", ask("upsertOne User", where={"email": "bob@x.io"}, create={"email": "bob@x.io"}, update={"score": {"increment": 1}}))
add("upsert select", ask("upsertOne Tag", where={"name": "new"}, create={"name": "new"}, update={}, select={"name": True}))
add("upsert include", ask("upsertOne User", where={"email": "bob@x.io"}, create={"email": "bob@x.io"}, update={"name": "B"}, include=TREE))
add("upsert nested create", ask("upsertOne User", where={"email": "u@x.io"}, create={"email": "u@x.io", "posts": {"create": [{"title": "p"}]}}, update={}, include=TREE))
add("upsert nested update", ask("upsertOne User", where={"id": 1}, create={"email": "u@x.io"}, update={"posts": {"deleteMany": {}}}, include=TREE))
add("upsert filtered", ask("upsertOne User", where={"email": "bob@x.io", "role": "ADMIN"}, create={"email": "bob@x.io"}, update={"name": "x"}))
add("upsert differing", ask("upsertOne User", where={"email": "zed@x.io"}, create={"email": "other@x.io"}, update={"name": "x"}))
add("upsert json", ask("upsertOne User", where={"email": "j@x.io"}, create={"email": "j@x.io", "meta": document({"a": 1}), "nicknames": ["a"]}, update={}))

# Nested creates
add(
    "create tree",
    ask(
        "createOne User",
        data={
            "email": "tree@x.io",
            "profile": {"create": {"bio": "b"}},
            "posts": {
                "create": [
                    {"title": "p1", "tags": {"create": [{"name": "t1"}, {"name": "t2"}]}},
                    {"title": "p2", "tags": {"connect": {"name": "news"}}},
                    {
                        "title": "p3",
                        "tags": {
                            "connectOrCreate": [
                                {"where": {"name": "t1"}, "create": {"name": "t1"}},
                                {"where": {"name": "t9"}, "create": {"name": "t9"}},
                            ]
                        },
                    },
                ]
            },
        },
        include=TREE,
    ),
)
add("create one inside", ask("createOne User", data={"email": "n@x.io", "posts": {"create": {"title": "p"}}}, include=TREE))
add("create many inside", ask("createOne User", data={"email": "n@x.io", "posts": {"createMany": {"data": [{"title": "a"}, {"title": "b", "views": 3}]}}}, include=TREE))
add("create many inside skipping", ask("createOne User", data={"email": "n@x.io", "posts": {"createMany": {"data": [{"id": 1, "title": "a"}, {"title": "b"}], "skipDuplicates": True}}}, include=TREE))
add("create parent", ask("createOne Post", data={"title": "p", "author": {"create": {"email": "a@x.io"}}}, include={"author": {}}))
add("create with connect", ask("createOne Post", data={"title": "p", "author": {"connect": {"email": "bob@x.io"}}}, include={"author": {}}))
add("create with connect absent", ask("createOne Post", data={"title": "p", "author": {"connect": {"id": 99}}}))
add("create with connectOrCreate there", ask("createOne Post", data={"title": "p", "author": {"connectOrCreate": {"where": {"id": 2}, "create": {"email": "z@x.io"}}}}, include={"author": {}}))
add("create with connectOrCreate new", ask("createOne Post", data={"title": "p", "author": {"connectOrCreate": {"where": {"id": 99}, "create": {"email": "z@x.io"}}}}, include={"author": {}}))
add("create grandparents", ask("createOne Profile", data={"bio": "b", "user": {"create": {"email": "g@x.io", "posts": {"create": {"title": "p"}}}}}, include={"user": {"include": {"posts": {}}}}))
add("create taking profile", ask("createOne User", data={"email": "n@x.io", "profile": {"connect": {"id": 1}}}, include=TREE))
add("create taking posts", ask("createOne User", data={"email": "n@x.io", "posts": {"connect": [{"id": 1}, {"id": 4}]}}, include=TREE))
add("create taking absent posts", ask("createOne User", data={"email": "n@x.io", "posts": {"connect": [{"id": 1}, {"id": 99}]}}, include=TREE))
add("create connectOrCreate posts", ask("createOne User", data={"email": "n@x.io", "posts": {"connectOrCreate": [{"where": {"id": 1}, "create": {"title": "x"}}, {"where": {"id": 99}, "create": {"title": "y"}}]}}, include=TREE))
add("create with taken inside", ask("createOne User", data={"email": "n@x.io", "posts": {"create": {"title": "p", "tags": {"create": {"name": "news"}}}}}))
add("create tag with posts", ask("createOne Tag", data={"name": "big", "posts": {"create": [{"title": "p", "authorId": 1}, {"title": "q", "author": {"connect": {"id": 2}}}]}}, include={"posts": IN_ORDER}))
add("create tag connecting absent", ask("createOne Tag", data={"name": "big", "posts": {"connect": [{"id": 1}, {"id": 99}]}}, include={"posts": IN_ORDER}))
add("create everything inside", ask("createOne User", data={"email": "e@x.io", "posts": {"create": {"title": "new"}, "connect": {"id": 4}, "connectOrCreate": {"where": {"id": 98}, "create": {"title": "coc"}}, "createMany": {"data": [{"title": "cm"}]}}}, include=TREE))

# Nested updates, to many
update("posts create", ONE, {"posts": {"create": {"title": "n"}}})
update("posts createMany", ONE, {"posts": {"createMany": {"data": [{"title": "n"}, {"title": "m"}]}}})
update("posts connect", ONE, {"posts": {"connect": [{"id": 4}, {"id": 5}]}})
update("posts connect own", ONE, {"posts": {"connect": {"id": 1}}})
update("posts connect absent", ONE, {"posts": {"connect": {"id": 99}}})
update("posts connect filtered", ONE, {"posts": {"connect": {"id": 4, "published": False}}})
update("posts connectOrCreate", ONE, {"posts": {"connectOrCreate": {"where": {"id": 99}, "create": {"title": "c"}}}})
update("posts set", {"id": 1}, {"posts": {"set": [{"id": 1}]}})
update("posts disconnect", ONE, {"posts": {"disconnect": {"id": 1}}})
update("posts delete", ONE, {"posts": {"delete": {"id": 1}}})
update("posts delete list", ONE, {"posts": {"delete": [{"id": 1}, {"id": 2}]}})
update("posts delete of other", ONE, {"posts": {"delete": {"id": 4}}})
update("posts delete absent", ONE, {"posts": {"delete": {"id": 99}}})
update("posts deleteMany", ONE, {"posts": {"deleteMany": {"published": False}}})
update("posts deleteMany list", ONE, {"posts": {"deleteMany": [{"id": 1}, {"id": 2}]}})
update("posts deleteMany all", ONE, {"posts": {"deleteMany": {}}})
update("posts update", ONE, {"posts": {"update": {"where": {"id": 1}, "data": {"title": "t", "views": {"increment": 1}}}}})
update("posts update list", ONE, {"posts": {"update": [{"where": {"id": 1}, "data": {"title": "t"}}, {"where": {"id": 2}, "data": {"title": "u"}}]}})
update("posts update of other", ONE, {"posts": {"update": {"where": {"id": 4}, "data": {"title": "t"}}}})
update("posts update filtered", ONE, {"posts": {"update": {"where": {"id": 1, "published": False}, "data": {"title": "t"}}}})
update("posts updateMany", ONE, {"posts": {"updateMany": {"where": {"published": True}, "data": {"views": 0}}}})
update("posts updateMany list", ONE, {"posts": {"updateMany": [{"where": {"id": 1}, "data": {"views": 1}}, {"where": {"id": 2}, "data": {"views": 2}}]}})
update("posts upsert there", ONE, {"posts": {"upsert": {"where": {"id": 1}, "create": {"title": "c"}, "update": {"title": "u"}}}})
update("posts upsert new", ONE, {"posts": {"upsert": {"where": {"id": 99}, "create": {"title": "c"}, "update": {"title": "u"}}}})
update("posts upsert of other", ONE, {"posts": {"upsert": {"where": {"id": 4}, "create": {"title": "c"}, "update": {"title": "u"}}}})
update("posts upsert list", ONE, {"posts": {"upsert": [{"where": {"id": 1}, "create": {"title": "c"}, "update": {"title": "u"}}, {"where": {"id": 98}, "create": {"title": "d"}, "update": {}}]}})
update("posts several", ONE, {"name": "All", "posts": {"create": {"title": "c"}, "update": {"where": {"id": 1}, "data": {"title": "u"}}, "delete": {"id": 2}, "updateMany": {"where": {}, "data": {"views": {"increment": 100}}}, "connect": {"id": 4}}})
update("posts and their tags", ONE, {"posts": {"update": {"where": {"id": 1}, "data": {"tags": {"set": [{"id": 4}], "create": {"name": "fresh"}}, "title": "deep"}}}})
update("posts, author back", ONE, {"posts": {"update": {"where": {"id": 1}, "data": {"author": {"update": {"name": "via post"}}}}}})
update("posts moved away", ONE, {"posts": {"update": {"where": {"id": 1}, "data": {"author": {"connect": {"id": 2}}}}}})

# Nested updates, to one
update("profile update", ONE, {"profile": {"update": {"bio": "new"}}})
update("profile update where", ONE, {"profile": {"update": {"where": {"bio": "other"}, "data": {"bio": "new"}}}})
update("profile update where fits", ONE, {"profile": {"update": {"where": {"id": 1}, "data": {"bio": "new"}}}})
update("profile update absent", {"id": 2}, {"profile": {"update": {"bio": "new"}}})
update("profile upsert there", ONE, {"profile": {"upsert": {"create": {"bio": "c"}, "update": {"bio": "u"}}}})
update("profile upsert new", {"id": 2}, {"profile": {"upsert": {"create": {"bio": "c"}, "update": {"bio": "u"}}}})
update("profile upsert where", ONE, {"profile": {"upsert": {"where": {"bio": "other"}, "create": {"bio": "c"}, "update": {"bio": "u"}}}})
update("profile create", {"id": 2}, {"profile": {"create": {"bio": "c"}}})
update("profile create over", ONE, {"profile": {"create": {"bio": "c"}}})
update("profile delete", ONE, {"profile": {"delete": True}})
update("profile delete absent", {"id": 2}, {"profile": {"delete": True}})
update("profile delete false", ONE, {"profile": {"delete": False}})
update("profile delete where", ONE, {"profile": {"delete": {"bio": "other"}}})
update("profile disconnect", ONE, {"profile": {"disconnect": True}})
update("profile connect", {"id": 2}, {"profile": {"connect": {"id": 1}}})
update("profile connect over", ONE, {"profile": {"connect": {"id": 2}}})
update("profile connect own", ONE, {"profile": {"connect": {"id": 1}}})
update("profile connectOrCreate", {"id": 2}, {"profile": {"connectOrCreate": {"where": {"id": 77}, "create": {"bio": "c"}}}})
for name, given in {
    "connect": {"connect": {"id": 2}},
    "connect absent": {"connect": {"id": 99}},
    "create": {"create": {"email": "n@x.io"}},
    "update": {"update": {"name": "n"}},
    "update where": {"update": {"where": {"name": "other"}, "data": {"name": "n"}}},
    "upsert": {"upsert": {"create": {"email": "c@x.io"}, "update": {"name": "n"}}},
    "connectOrCreate": {"connectOrCreate": {"where": {"email": "coc@x.io"}, "create": {"email": "coc@x.io"}}},
    "update its profile": {"update": {"profile": {"update": {"bio": "deep"}}}},
    "update its posts": {"update": {"posts": {"updateMany": {"where": {}, "data": {"views": 1}}}}},
}.items():
    add(f"post's author {name}", ask("updateOne Post", where={"id": 1}, data={"author": given}, include={"author": {"include": TREE}}))

# Nested updates, many to many
for name, given in {
    "connect": {"connect": [{"id": 4}, {"name": "rust"}]},
    "connect again": {"connect": {"id": 1}},
    "connect absent": {"connect": [{"id": 99}]},
    "disconnect": {"disconnect": [{"id": 1}]},
    "disconnect absent": {"disconnect": [{"id": 99}]},
    "disconnect unlinked": {"disconnect": [{"id": 5}]},
    "set": {"set": [{"id": 4}, {"id": 5}]},
    "set empty": {"set": []},
    "set same": {"set": [{"id": 1}, {"id": 2}]},
    "set absent": {"set": [{"id": 99}]},
    "create": {"create": [{"name": "c1"}, {"name": "c2"}]},
    "create taken": {"create": {"name": "news"}},
    "connectOrCreate": {"connectOrCreate": [{"where": {"name": "rust"}, "create": {"name": "rust"}}, {"where": {"name": "n"}, "create": {"name": "n"}}]},
    "delete": {"delete": {"id": 1}},
    "delete unlinked": {"delete": {"id": 5}},
    "deleteMany": {"deleteMany": {"name": {"contains": "s"}}},
    "update": {"update": {"where": {"id": 1}, "data": {"name": "olds"}}},
    "update unlinked": {"update": {"where": {"id": 5}, "data": {"name": "olds"}}},
    "updateMany": {"updateMany": {"where": {"id": 2}, "data": {"name": "kittens"}}},
    "upsert there": {"upsert": {"where": {"id": 1}, "create": {"name": "c"}, "update": {"name": "u"}}},
    "upsert unlinked": {"upsert": {"where": {"id": 5}, "create": {"name": "c"}, "update": {"name": "u"}}},
    "upsert new": {"upsert": {"where": {"id": 99}, "create": {"name": "c"}, "update": {"name": "u"}}},
    "several": {"set": [{"id": 4}], "create": {"name": "s"}, "disconnect": {"id": 1}, "connect": {"id": 5}},
}.items():
    add(f"post's tags {name}", ask("updateOne Post", where={"id": 1}, data={"tags": given}, include={"tags": IN_ORDER}))

# Batches and transactions
A_TAG = ask("createOne Tag", data={"name": "batched"})
TAKEN = ask("createOne Tag", data={"name": "news"})
add("batch", batch(A_TAG, ask("findMany Tag", orderBy=BY_ID), ask("deleteOne Post", where={"id": 1})))
add("batch failing", batch(A_TAG, TAKEN))
add("batch failing first", batch(TAKEN, A_TAG))
for level in ("ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable", "Serializable2"):
    add(f"batch {level}", batch(A_TAG, isolation=level))
add("batch of finds", batch(*(ask("findUnique User", where={"id": number}) for number in (2, 1, 99)), atomic=False))
add("batch of finds by email", batch(*(ask("findUnique User", where={"email": mail}, select={"name": True}) for mail in ("bob@x.io", "ann@x.io", "bob@x.io")), atomic=False))
add("batch of finds or throw", batch(*(ask("findUniqueOrThrow User", where={"id": number}) for number in (2, 99)), atomic=False))
add("batch of differing finds", batch(ask("findUnique User", where={"id": 1}), ask("findUnique Post", where={"id": 1}), atomic=False))
add("batch of finds with relations", batch(*(ask("findUnique User", where={"id": number}, include={"posts": IN_ORDER}) for number in (2, 1)), atomic=False))
add("batch not atomic", batch(A_TAG, TAKEN, ask("findMany Tag", orderBy=BY_ID), atomic=False))
add("batch invalid", batch(A_TAG, ask("findMany Tag", where={"nme": "x"})))
add("batch of finds twice", batch(*(ask("findUnique Post", where={"id": 1}) for _ in range(2)), atomic=False))

# Raw
add("raw rows", raw("queryRaw", 'SELECT id, email, balance, big, "createdAt", avatar, meta, nicknames, score::float8 / 3 AS f, true AS b FROM "User" WHERE id <= $1 ORDER BY id', 3))
add("raw types", raw("queryRaw", "SELECT 1::int2 a, 2::int4 b, 3::int8 c, 1.5::float4 d, 1.5::float8 e, 1.50::numeric f, 'x'::text g, 'c'::char(3) h, '2024-01-02'::date i, '10:11:12'::time j, '2024-01-02 03:04:05'::timestamp k, '2024-01-02 03:04:05+02'::timestamptz l, '00000000-0000-4000-8000-000000000001'::uuid m, '{\"a\":1}'::json n, '{\"a\":1}'::jsonb o, '\\x01'::bytea p, ARRAY[1,2] q, ARRAY['a',NULL] r, NULL s, 12.30::money t, B'101' u, '10.0.0.1'::inet v, true w"))
add("raw none", raw("queryRaw", 'SELECT * FROM "Tag" WHERE false'))
add("raw parameters", raw("queryRaw", "SELECT $1::text AS a, $2::int AS b, $3::float8 AS c, $4::bool AS d, $5::text AS e", "x", 5, 1.5, True, None))
add("raw tagged parameters", raw("queryRaw", "SELECT $1::timestamptz AS a, $2::numeric AS b, $3::bytea AS c, $4::bigint AS d", {"prisma__type": "date", "prisma__value": "2020-01-01T00:00:00.000Z"}, {"prisma__type": "decimal", "prisma__value": "1.50"}, {"prisma__type": "bytes", "prisma__value": "aGk="}, {"prisma__type": "bigint", "prisma__value": "9007199254740993"}))
add("raw array parameter", raw("queryRaw", "SELECT id FROM \"User\" WHERE id = ANY($1) ORDER BY id", [1, 2]))
add("raw json parameter", raw("queryRaw", "SELECT $1::jsonb AS j", {"a": [1, 2]}))
add("raw broken", raw("queryRaw", "SELECT nope FROM nowhere"))
add("raw syntax", raw("queryRaw", "SELEC 1"))
add("raw execute", raw("executeRaw", 'UPDATE "Post" SET views = views + $1 WHERE id > $2', 1, 5))
add("raw execute create", raw("executeRaw", 'INSERT INTO "Tag" (name) VALUES ($1)', "raw"))
add("raw execute taken", raw("executeRaw", 'INSERT INTO "Tag" (name) VALUES ($1)', "news"))
add("raw in batch", batch(raw("executeRaw", 'DELETE FROM "Post" WHERE id = $1', 1), raw("queryRaw", 'SELECT count(*) FROM "Post"')))
add("raw in batch failing", batch(raw("executeRaw", 'DELETE FROM "Post" WHERE id = $1', 1), raw("executeRaw", "SELEC")))
add("delete many limit a fraction", ask("deleteMany Post", where={"id": 3}, limit=1.5))
add("delete many limit below zero", ask("deleteMany Post", limit=-1.5))
add("tags inside json", ask("createOne User", data={"email": "t@x.io", "meta": {"a": big(5), "b": [{"$type": "Decimal", "value": "5.5"}], "c": {"$type": "Json", "value": "[1]"}, "d": {"$type": "Other", "value": 1}}}, select={"meta": True}))
add("another tag as json", ask("createOne User", data={"email": "t@x.io", "meta": {"$type": "Other", "value": 1, "more": 2}}, select={"meta": True}))
add("a moment as json", ask("createOne User", data={"email": "t@x.io", "meta": {"$type": "DateTime", "value": "2024-01-01T00:00:00Z"}}, select={"meta": True}))
