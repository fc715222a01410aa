"""Reads of the blog: selection, order, pages, cursors, distinct, relations, counts."""

from tests.reference.engine.build import Corpus, Json, ask

CORPUS = Corpus("blog")
add = CORPUS.add

BY_ID = {"id": "asc"}
POSTS = {"orderBy": {"id": "asc"}}

# One record
add("unique by id", ask("findUnique User", where={"id": 1}))
add("unique by email", ask("findUnique User", where={"email": "bob@x.io"}))
add("unique absent", ask("findUnique User", where={"id": 99}))
add("unique with a filter", ask("findUnique User", where={"id": 1, "role": "USER"}))
add(
    "unique with AND",
    ask("findUnique User", where={"id": 1, "AND": [{"name": {"contains": "n"}}]}),
)
add("unique with relation", ask("findUnique User", where={"id": 1}, include={"profile": {}}))
add("unique with posts", ask("findUnique User", where={"id": 1}, include={"posts": POSTS}))
add("unique select", ask("findUnique User", where={"id": 3}, select={"name": True, "big": True}))
add("unique or throw", ask("findUniqueOrThrow User", where={"id": 2}))
add("unique or throw absent", ask("findUniqueOrThrow User", where={"id": 99}))
add("first", ask("findFirst User", orderBy=BY_ID))
add("first filtered", ask("findFirst Post", where={"views": 7}, orderBy=BY_ID))
add("first absent", ask("findFirst User", where={"name": "Nobody"}))
add("first or throw", ask("findFirstOrThrow User", where={"name": "Bob"}))
add("first or throw absent", ask("findFirstOrThrow User", where={"name": "Nobody"}))
add("first skipping", ask("findFirst Post", orderBy=BY_ID, skip=3))
add("first with cursor", ask("findFirst Post", orderBy=BY_ID, cursor={"id": 4}, skip=1))
add("first backwards", ask("findFirst Post", orderBy=BY_ID, take=-1))
add("first of descending", ask("findFirst Post", orderBy={"id": "desc"}, include={"author": {}}))

# Many
add("many", ask("findMany User", orderBy=BY_ID))
add("many of nothing", ask("findMany User", where={"id": {"in": []}}))
add("many select one", ask("findMany User", select={"id": True}, orderBy=BY_ID))
add("many omit", ask("findMany User", omit=["email", "avatar"], orderBy=BY_ID))
add("select order of fields", ask("findMany Tag", select={"name": True, "id": True}, orderBy=BY_ID))
add("select without key", ask("findMany Post", select={"title": True}, orderBy=BY_ID))

# Order
for direction in ("asc", "desc"):
    for nulls in ("first", "last", None):
        ordered = direction if nulls is None else {"sort": direction, "nulls": nulls}
        add(
            f"order by name {direction} nulls {nulls}",
            ask("findMany User", orderBy=[{"name": ordered}, BY_ID], select={"name": True}),
        )
add("order by two", ask("findMany User", orderBy=[{"score": "desc"}, {"id": "desc"}]))
add("order by empty list", ask("findMany Tag", orderBy=[]))
add("order by to-one", ask("findMany Post", orderBy=[{"author": {"name": "asc"}}, BY_ID]))
add(
    "order by to-one nulls",
    ask("findMany Post", orderBy=[{"author": {"name": {"sort": "desc", "nulls": "last"}}}, BY_ID]),
)
add(
    "order by two steps",
    ask("findMany Post", orderBy=[{"author": {"profile": {"bio": "desc"}}}, BY_ID]),
)
add(
    "order by optional to-one",
    ask("findMany User", orderBy=[{"profile": {"bio": "asc"}}, BY_ID], select={"id": True}),
)
add(
    "order by count of posts",
    ask("findMany User", orderBy=[{"posts": {"_count": "desc"}}, BY_ID], select={"id": True}),
)
add(
    "order by count of tags",
    ask("findMany Post", orderBy=[{"tags": {"_count": "asc"}}, BY_ID], select={"id": True}),
)
add(
    "order by count across to-one",
    ask("findMany Post", orderBy=[{"author": {"posts": {"_count": "desc"}}}, BY_ID]),
)
add("order by enum", ask("findMany User", orderBy=[{"role": "desc"}, BY_ID], select={"id": True}))
add(
    "order by decimal and time",
    ask("findMany User", orderBy=[{"balance": "desc"}, {"createdAt": "asc"}], select={"id": True}),
)
add(
    "order by relevance",
    ask(
        "findMany Post",
        orderBy=[
            {"_relevance": {"fields": ["title"], "search": "hello", "sort": "desc"}},
            BY_ID,
        ],
        select={"id": True},
    ),
)
add(
    "order by relevance of two fields",
    ask(
        "findMany User",
        orderBy=[
            {"_relevance": {"fields": ["name", "email"], "search": "ann | bob", "sort": "asc"}},
            BY_ID,
        ],
        select={"id": True},
    ),
)

# Pages
for take in (0, 1, 3, 100, -1, -3, -100):
    add(f"take {take}", ask("findMany Post", orderBy=BY_ID, take=take, select={"id": True}))
for skip in (0, 2, 100):
    add(f"skip {skip}", ask("findMany Post", orderBy=BY_ID, skip=skip, select={"id": True}))
add("take and skip", ask("findMany Post", orderBy=BY_ID, take=2, skip=3, select={"id": True}))
add("take back and skip", ask("findMany Post", orderBy=BY_ID, take=-2, skip=3))
add("take without order", ask("findMany Tag", take=2))
add("take back without order", ask("findMany Tag", take=-2))
add(
    "take back descending",
    ask("findMany Post", orderBy=[{"views": "desc"}, BY_ID], take=-4, select={"id": True}),
)
add(
    "take back with nulls",
    ask("findMany User", orderBy=[{"name": {"sort": "asc", "nulls": "first"}}, BY_ID], take=-3),
)

# Cursors
add("cursor", ask("findMany Post", orderBy=BY_ID, cursor={"id": 4}, select={"id": True}))
add("cursor alone", ask("findMany Post", cursor={"id": 4}, select={"id": True}))
add("cursor skip", ask("findMany Post", orderBy=BY_ID, cursor={"id": 4}, skip=1, take=2))
add("cursor back", ask("findMany Post", orderBy=BY_ID, cursor={"id": 4}, take=-2))
add("cursor back skip", ask("findMany Post", orderBy=BY_ID, cursor={"id": 4}, take=-2, skip=1))
add("cursor descending", ask("findMany Post", orderBy={"id": "desc"}, cursor={"id": 4}))
add("cursor absent", ask("findMany Post", orderBy=BY_ID, cursor={"id": 99}))
add(
    "cursor in ties",
    ask("findMany Post", orderBy=[{"views": "asc"}, BY_ID], cursor={"id": 5}, take=4),
)
add("cursor in ties without key", ask("findMany User", orderBy={"score": "asc"}, cursor={"id": 2}))
add("cursor mixed", ask("findMany Post", orderBy=[{"views": "desc"}, BY_ID], cursor={"id": 5}))
add(
    "cursor at null",
    ask("findMany User", orderBy=[{"name": "asc"}, BY_ID], cursor={"id": 3}, select={"id": True}),
)
add(
    "cursor before null",
    ask("findMany User", orderBy=[{"name": "asc"}, BY_ID], cursor={"id": 6}, select={"id": True}),
)
add(
    "cursor null descending",
    ask("findMany User", orderBy=[{"name": "desc"}, BY_ID], cursor={"id": 3}, take=3),
)
add(
    "cursor nulls first",
    ask(
        "findMany User",
        orderBy=[{"name": {"sort": "asc", "nulls": "first"}}, BY_ID],
        cursor={"id": 3},
        take=3,
        select={"id": True},
    ),
)
add("cursor by email", ask("findMany User", orderBy={"email": "asc"}, cursor={"email": "cyd@x.io"}))
add(
    "cursor by to-one",
    ask(
        "findMany Post",
        orderBy=[{"author": {"email": "asc"}}, BY_ID],
        cursor={"id": 5},
        take=3,
        select={"id": True},
    ),
)
add(
    "cursor by nullable to-one",
    ask(
        "findMany Post",
        orderBy=[{"author": {"name": "desc"}}, BY_ID],
        cursor={"id": 5},
        select={"id": True},
    ),
)
add(
    "cursor by count",
    ask(
        "findMany User",
        orderBy=[{"posts": {"_count": "desc"}}, BY_ID],
        cursor={"id": 3},
        select={"id": True},
    ),
)
add(
    "cursor with filter",
    ask("findMany Post", where={"published": True}, orderBy=BY_ID, cursor={"id": 4}, take=2),
)
add(
    "cursor outside filter",
    ask("findMany Post", where={"published": True}, orderBy=BY_ID, cursor={"id": 5}),
)

# Distinct
add("distinct", ask("findMany Post", distinct=["views"], orderBy=BY_ID, select={"views": True}))
add("distinct of one", ask("findMany Post", distinct="views", orderBy=BY_ID))
add("distinct of two", ask("findMany User", distinct=["score", "role"], orderBy=BY_ID))
add("distinct take", ask("findMany Post", distinct=["views"], orderBy=BY_ID, take=3))
add("distinct skip take", ask("findMany Post", distinct=["views"], orderBy=BY_ID, take=2, skip=2))
add("distinct take back", ask("findMany Post", distinct=["views"], orderBy=BY_ID, take=-2))
add("distinct unselected", ask("findMany Post", distinct=["authorId"], select={"title": True}))
add("distinct on null", ask("findMany User", distinct=["name"], orderBy=BY_ID))
add("distinct on list", ask("findMany User", distinct=["nicknames"], orderBy=BY_ID))
add(
    "distinct ordered like it",
    ask("findMany Post", distinct=["views"], orderBy=[{"views": "asc"}, BY_ID]),
)
add(
    "distinct inside",
    ask(
        "findMany User",
        orderBy=BY_ID,
        include={"posts": {"distinct": ["published"], "orderBy": BY_ID}},
    ),
)
add("distinct first", ask("findFirst Post", distinct=["views"], orderBy=BY_ID, skip=1))
add("distinct with cursor", ask("findMany Post", distinct=["views"], orderBy=BY_ID, cursor={"id": 4}))

# Relations
add("to-one", ask("findMany Post", include={"author": {}}, orderBy=BY_ID))
add("to-one optional", ask("findMany User", include={"profile": {}}, orderBy=BY_ID))
add("to-many", ask("findMany User", include={"posts": POSTS}, orderBy=BY_ID))
add("many to many", ask("findMany Post", include={"tags": POSTS}, orderBy=BY_ID))
add("many to many back", ask("findMany Tag", include={"posts": POSTS}, orderBy=BY_ID))
add("to-one select", ask("findMany Post", select={"author": {"select": {"name": True}}}))
add("only a relation", ask("findMany User", select={"posts": POSTS}, orderBy=BY_ID))
add(
    "four deep",
    ask(
        "findMany Tag",
        orderBy=BY_ID,
        include={
            "posts": {**POSTS, "include": {"author": {"include": {"profile": {}, "posts": POSTS}}}}
        },
    ),
)
add(
    "to-one of to-one of to-many",
    ask(
        "findMany Profile",
        orderBy=BY_ID,
        include={"user": {"include": {"posts": {**POSTS, "include": {"tags": POSTS}}}}},
    ),
)
add(
    "circle",
    ask(
        "findUnique User",
        where={"id": 1},
        include={"posts": {**POSTS, "include": {"author": {"include": {"posts": POSTS}}}}},
    ),
)
add(
    "where inside",
    ask("findMany User", orderBy=BY_ID, include={"posts": {**POSTS, "where": {"views": {"gt": 5}}}}),
)
add(
    "where inside many to many",
    ask("findMany Post", orderBy=BY_ID, include={"tags": {**POSTS, "where": {"name": "news"}}}),
)
add(
    "where inside two",
    ask(
        "findMany User",
        orderBy=BY_ID,
        include={"posts": {**POSTS, "where": {"tags": {"some": {"name": "cats"}}}}, "profile": {}},
    ),
)
INSIDE: dict[str, Json] = {
    "take": {"take": 1},
    "take back": {"take": -1},
    "skip": {"skip": 1},
    "take and skip": {"take": 1, "skip": 1},
    "take zero": {"take": 0},
    "cursor": {"cursor": {"id": 2}},
    "cursor take": {"cursor": {"id": 2}, "take": 1},
    "cursor take back": {"cursor": {"id": 2}, "take": -1},
    "cursor skip": {"cursor": {"id": 2}, "skip": 1},
    "descending take": {"take": 2, "orderBy": {"id": "desc"}},
    "order by views": {"orderBy": [{"views": "desc"}, {"id": "asc"}], "take": 2},
    "order by count": {"orderBy": [{"tags": {"_count": "desc"}}, {"id": "asc"}]},
}
for name, given in INSIDE.items():
    add(
        f"inside: {name}",
        ask(
            "findMany User",
            orderBy=BY_ID,
            select={"id": True, "posts": {**POSTS, **given, "select": {"id": True}}},
        ),
    )
INSIDE_MANY: dict[str, Json] = {
    "take": {"take": 1},
    "take back": {"take": -1},
    "skip": {"skip": 1},
    "descending": {"orderBy": {"name": "desc"}, "take": 1},
    "cursor": {"cursor": {"id": 2}},
}
for name, given in INSIDE_MANY.items():
    add(
        f"inside many to many: {name}",
        ask(
            "findMany Post",
            orderBy=BY_ID,
            select={"id": True, "tags": {**POSTS, **given, "select": {"id": True}}},
        ),
    )
add(
    "take outside and inside",
    ask(
        "findMany User",
        orderBy={"id": "desc"},
        take=3,
        skip=1,
        include={"posts": {**POSTS, "take": 2, "include": {"tags": POSTS}}},
    ),
)

# Counts of relations
add("count all", ask("findMany User", orderBy=BY_ID, include={"_count": {}}))
add("count select", ask("findMany User", orderBy=BY_ID, select={"_count": {"posts": True}}))
add(
    "count where",
    ask(
        "findMany User",
        orderBy=BY_ID,
        select={"id": True, "_count": {"posts": {"where": {"published": True}}}},
    ),
)
add("count many to many", ask("findMany Post", orderBy=BY_ID, include={"_count": {"tags": True}}))
add(
    "count many to many where",
    ask(
        "findMany Tag",
        orderBy=BY_ID,
        include={"_count": {"posts": {"where": {"author": {"name": {"startsWith": "A"}}}}}},
    ),
)
add(
    "count inside",
    ask(
        "findMany User",
        orderBy=BY_ID,
        include={"posts": {**POSTS, "include": {"_count": {"tags": True}}}, "_count": {}},
    ),
)
add(
    "count in to-one",
    ask(
        "findMany Post",
        orderBy=BY_ID,
        select={"id": True, "author": {"select": {"_count": {"posts": True}}}},
    ),
)
add("first with count", ask("findFirst User", orderBy=BY_ID, include={"_count": {"posts": True}}))
add("take zero with a list", ask("findMany User", take=0, include={"posts": {}}))
add("distinct of nothing", ask("findMany User", distinct=[], orderBy=BY_ID, select={"id": True}))
add("take a fraction", ask("findMany User", take=2.7, skip=1.2, orderBy=BY_ID, select={"id": True}))
add("skip a fraction below zero", ask("findMany User", skip=-1.5, orderBy=BY_ID))
add("take a decimal", ask("findMany User", take={"$type": "Decimal", "value": "-2"}, orderBy=BY_ID))
