"""Types that a PostgreSQL built with fewer libraries does not have: text without case, XML."""

from tests.reference.engine.build import Corpus, ask, summary

CORPUS = Corpus("rare")
add = CORPUS.add

BY_ID = {"id": "asc"}
ID = {"id": True}

add("depth 0", ask("findMany File", orderBy=BY_ID))
add("depth 1", ask("findMany Folder", orderBy=BY_ID, include={"files": {"orderBy": BY_ID}}))
add("depth 2", ask("findMany File", orderBy=BY_ID, include={"folder": {"include": {"files": {"orderBy": BY_ID}}}}))
add("unique in another case", ask("findUnique File", where={"name": "READ ME"}))
add("equals", ask("findMany File", where={"name": "read me"}, select=ID))
add("not", ask("findMany File", where={"name": {"not": "READ ME"}}, select=ID))
add("in", ask("findMany File", where={"name": {"in": ["OTHER", "read me"]}}, orderBy=BY_ID, select=ID))
add("notIn", ask("findMany File", where={"name": {"notIn": ["OTHER"]}}, select=ID))
add("contains", ask("findMany File", where={"name": {"contains": "READ"}}, select=ID))
add("starts", ask("findMany File", where={"name": {"startsWith": "read"}}, select=ID))
add("insensitive", ask("findMany File", where={"name": {"contains": "READ", "mode": "insensitive"}}, select=ID))
add("lt", ask("findMany File", where={"name": {"lt": "P"}}, select=ID))
add("order", ask("findMany File", orderBy=[{"name": "asc"}, BY_ID], select={"name": True}))
add("create", ask("createOne File", data={"id": 9, "name": "New", "body": "<x>1</x>"}))
add("create taken in another case", ask("createOne File", data={"id": 9, "name": "OTHER"}))
add("create what is no XML", ask("createOne File", data={"id": 9, "body": "<x>"}))
add("update", ask("updateOne File", where={"id": 1}, data={"name": "Better", "body": "<b/>"}))
add("upsert", ask("upsertOne File", where={"name": "OTHER"}, create={"id": 9, "name": "OTHER"}, update={"body": "<u/>"}))
add("max", summary("aggregate File", _max=["name"], _count=["name", "body"]))
add("group", summary("groupBy File", by=["name"], orderBy={"name": "asc"}, _count=["_all"]))
