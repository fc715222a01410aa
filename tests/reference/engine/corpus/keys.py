"""Keys and times that the engine makes, and keys that the database makes."""

from tests.reference.engine.build import Corpus, ask, batch, document, summary, when

CORPUS = Corpus("keys")
add = CORPUS.add

FIRST = {"name": "first"}
ROOM = {"id": "00000000-0000-4000-8000-000000000001"}

add("create account", ask("createOne Account", data={"name": "n"}))
add("create tree", ask("createOne Account", data={"name": "n", "sessions": {"create": [{}, {}]}, "keys": {"create": {"label": "k"}}, "rooms": {"create": {"title": "r"}}}, include={"sessions": {}, "keys": {}, "rooms": {}}))
add("create session", ask("createOne Session", data={"account": {"connect": FIRST}}))
add("create room", ask("createOne Room", data={"title": "r"}))
add("create room with all", ask("createOne Room", data={"title": "r", "flag": False, "colours": [], "numbers": {"set": [9]}, "limits": document([]), "rate": 0, "opened": when("2000-01-01T00:00:00Z")}))
add("create room with members", ask("createOne Room", data={"title": "r", "members": {"connect": FIRST, "create": {"name": "m"}}}, include={"members": {"orderBy": {"name": "asc"}}}))
add("create key", ask("createOne Key", data={}))
add("create key of owner", ask("createOne Key", data={"owner": {"create": {"name": "o"}}}, include={"owner": {}}))
add("create many", ask("createManyAndReturn Key", data=[{"label": "a"}, {"label": "b"}, {"order": 7}]))
add("create many rooms", ask("createManyAndReturn Room", data=[{"title": "a"}, {"title": "b", "flag": False}]))
add("create many sessions", ask("createMany Session", data=[{"accountId": "c0000000000000000000000a1"}, {"accountId": "c0000000000000000000000a2", "code": "given"}]))
add("create empty many", ask("createMany Key", data=[{}, {}]))
add("update touches", ask("updateOne Account", where=FIRST, data={"token": "t"}))
add("update touches nothing", ask("updateOne Account", where=FIRST, data={}))
add("update optional touch", ask("updateOne Session", where={"id": "00000000-0000-7000-8000-000000000001"}, data={"code": "c"}))
add("update many touches", ask("updateMany Account", data={"token": {"set": "one"}}, where={"name": "first"}))
add("update nested touches", ask("updateOne Account", where=FIRST, data={"sessions": {"updateMany": {"where": {}, "data": {"code": "c"}}}}, include={"sessions": {"orderBy": {"id": "asc"}}}))
add("update nested only", ask("updateOne Account", where=FIRST, data={"rooms": {"connect": ROOM}}, include={"rooms": {}}))
add("update key cascades", ask("updateOne Account", where=FIRST, data={"id": "c0000000000000000000000a9"}, include={"sessions": {"orderBy": {"id": "asc"}}, "keys": {}, "rooms": {}}))
add("upsert new", ask("upsertOne Account", where={"name": "u"}, create={"name": "u"}, update={"token": "x"}))
add("upsert there", ask("upsertOne Account", where=FIRST, create={"name": "first"}, update={"token": "x"}))
add("upsert there empty", ask("upsertOne Account", where=FIRST, create={"name": "first"}, update={}))
add("delete cascading", ask("deleteOne Account", where=FIRST))
add("find by uuid", ask("findUnique Room", where=ROOM, include={"members": {}}))
add("find by uuid nonsense", ask("findUnique Room", where={"id": "nonsense"}))
add("find by uuids", ask("findMany Room", where={"id": {"in": [ROOM["id"], "00000000-0000-4000-8000-000000000002"]}}, orderBy={"id": "asc"}))
add("find by uuid cursor", ask("findMany Session", cursor={"id": "00000000-0000-7000-8000-000000000002"}, orderBy={"id": "asc"}))
add("find by member", ask("findMany Room", where={"members": {"some": FIRST}}))
add("find by no member", ask("findMany Room", where={"members": {"none": {}}}))
add("find many to many of uuid", ask("findMany Account", orderBy={"name": "asc"}, include={"rooms": {}, "sessions": {"orderBy": {"id": "asc"}}, "keys": {}, "_count": {}}))
add("find by compound with order", ask("findUnique Key", where={"second_order": {"second": "second one", "order": 1}}))
add("batch of uuids", batch(*(ask("findUnique Room", where={"id": f"00000000-0000-4000-8000-00000000000{n}"}) for n in (2, 1, 3)), atomic=False))
add("group by owner", summary("groupBy Key", by=["ownerId"], orderBy={"ownerId": "asc"}, _count=["_all", "label"]))
add("rooms connect by uuid", ask("updateOne Account", where=FIRST, data={"rooms": {"set": [{"id": "00000000-0000-4000-8000-000000000002"}]}}, include={"rooms": {}}))
add("rooms disconnect", ask("updateOne Account", where=FIRST, data={"rooms": {"disconnect": ROOM}}, include={"rooms": {}}))
add("rooms delete", ask("updateOne Account", where=FIRST, data={"rooms": {"delete": ROOM}}, include={"rooms": {}}))
