"""Relations that the engine keeps by itself: referential actions without foreign keys."""

from tests.reference.engine.build import Corpus, ask

CORPUS = Corpus("loose")
add = CORPUS.add

BY_ID = {"id": "asc"}
IN_ORDER = {"orderBy": {"id": "asc"}}
TEAM = {"players": {**IN_ORDER, "include": {"goals": IN_ORDER}}, "coach": {}, "matches": IN_ORDER, "fans": IN_ORDER}

add("teams", ask("findMany Team", orderBy=BY_ID, include=TEAM))
add("players", ask("findMany Player", orderBy=BY_ID, where={"id": {"lt": 5}}, include={"team": {}, "goals": IN_ORDER}))
add("player of no team", ask("findUnique Player", where={"id": 5}, include={"team": {}}))
add("goals", ask("findMany Goal", orderBy=BY_ID, include={"player": {}}))
add("goals without player", ask("findMany Goal", where={"player": None}, orderBy=BY_ID))
add("goals with player", ask("findMany Goal", where={"player": {"isNot": None}}, orderBy=BY_ID))
add("goals of Ada", ask("findMany Goal", where={"player": {"name": "Ada"}}, orderBy=BY_ID))
add("goals not of Ada", ask("findMany Goal", where={"player": {"isNot": {"name": "Ada"}}}, orderBy=BY_ID))
add("matches by team", ask("findMany Match", where={"team": {"name": {"in": ["Reds", "Blues"]}}}, orderBy=BY_ID, include={"team": {}}))
add("delete cascades", ask("deleteOne Team", where={"id": 2}))
add("delete restricted", ask("deleteOne Team", where={"id": 1}))
add("delete empty", ask("deleteOne Team", where={"id": 4}))
add("delete sets null", ask("deleteOne Player", where={"id": 1}))
add("delete absent", ask("deleteOne Team", where={"id": 99}))
add("delete many cascades", ask("deleteMany Team", where={"id": {"in": [2, 4]}}))
add("delete many restricted", ask("deleteMany Team"))
add("delete many players", ask("deleteMany Player", where={"teamId": 1}))
add("delete many coaches", ask("deleteMany Coach"))
add("delete fan", ask("deleteOne Fan", where={"id": 1}))
add("update key cascades", ask("updateOne Team", where={"id": 2}, data={"id": 20}, include=TEAM))
add("update key cascades all", ask("updateOne Team", where={"id": 1}, data={"id": 10, "name": "Ten"}, include=TEAM))
add("update key sets null", ask("updateOne Player", where={"id": 1}, data={"id": 10}))
add("update other", ask("updateOne Team", where={"id": 1}, data={"name": "Scarlets"}, include=TEAM))
add("update many key", ask("updateMany Team", where={"id": 2}, data={"id": 20}))
add("create without parent", ask("createOne Player", data={"name": "n", "teamId": 77}))
add("create with parent", ask("createOne Player", data={"name": "n", "team": {"create": {"name": "New"}}}, include={"team": {}}))
add("create taken", ask("createOne Team", data={"name": "Reds"}))
add("create tree", ask("createOne Team", data={"name": "New", "players": {"create": [{"name": "p", "goals": {"create": {"minute": 1}}}]}, "coach": {"create": {"name": "c"}}, "fans": {"connect": {"id": 1}}}, include=TEAM))
add("nested delete", ask("updateOne Team", where={"id": 1}, data={"players": {"delete": {"id": 1}}}, include=TEAM))
add("nested deleteMany", ask("updateOne Team", where={"id": 1}, data={"players": {"deleteMany": {}}}, include=TEAM))
add("nested coach delete", ask("updateOne Team", where={"id": 1}, data={"coach": {"delete": True}}, include=TEAM))
add("nested connect coach", ask("updateOne Team", where={"id": 2}, data={"coach": {"connect": {"id": 1}}}, include=TEAM))
add("nested disconnect match", ask("updateOne Team", where={"id": 1}, data={"matches": {"disconnect": {"id": 1}}}, include=TEAM))
add("nested set matches", ask("updateOne Team", where={"id": 1}, data={"matches": {"set": [{"id": 2}, {"id": 4}]}}, include=TEAM))
add("nested update goal", ask("updateOne Player", where={"id": 1}, data={"goals": {"update": {"where": {"id": 1}, "data": {"minute": 90}}, "disconnect": {"id": 2}}}, include={"goals": IN_ORDER}))
add("nested delete team", ask("updateOne Match", where={"id": 2}, data={"team": {"delete": True}}, include={"team": {}}))
add("fans set", ask("updateOne Team", where={"id": 1}, data={"fans": {"set": [{"id": 2}]}}, include={"fans": {}}))
add("upsert", ask("upsertOne Team", where={"name": "Reds"}, create={"name": "Reds"}, update={"name": "Re"}))
add("upsert new", ask("upsertOne Team", where={"name": "X"}, create={"name": "X"}, update={}))
add("count", ask("findMany Team", orderBy=BY_ID, include={"_count": {}}))
