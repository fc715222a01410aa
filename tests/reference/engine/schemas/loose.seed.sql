INSERT INTO "Team" ("id", "name") VALUES (1, 'Reds'), (2, 'Blues'), (3, 'Greens'), (4, 'Empty');
INSERT INTO "Player" ("id", "name", "teamId") VALUES (1, 'Ada', 1), (2, 'Bo', 1), (3, 'Cy', 2), (4, 'Di', 3), (5, 'Lost', 99);
INSERT INTO "Goal" ("id", "minute", "playerId") VALUES (1, 10, 1), (2, 20, 1), (3, 30, 3), (4, 40, NULL), (5, 50, 77);
INSERT INTO "Coach" ("id", "name", "teamId") VALUES (1, 'Max', 1), (2, 'Nia', 3);
INSERT INTO "Match" ("id", "place", "teamId") VALUES (1, 'home', 1), (2, 'away', 2), (3, 'nowhere', NULL), (4, 'gone', 98);
INSERT INTO "Fan" ("id", "name") VALUES (1, 'Fay'), (2, 'Gus');
INSERT INTO "_FanToTeam" ("A", "B") VALUES (1, 1), (1, 2), (2, 1);
SELECT setval('"Team_id_seq"', 100), setval('"Player_id_seq"', 100), setval('"Goal_id_seq"', 100), setval('"Coach_id_seq"', 100), setval('"Match_id_seq"', 100), setval('"Fan_id_seq"', 100);
