INSERT INTO "User" ("id", "email", "name", "role", "score", "balance", "big", "meta", "nicknames", "avatar", "createdAt", "updatedAt") VALUES
  (1, 'ann@x.io', 'Ann', 'ADMIN', 10, 12.5, 9007199254740993, '{"k": [1, null, "s"], "city": "Oslo", "n": 5}', '{x,y}', '\x6869', '2024-01-01 10:00:00', '2024-01-02 10:00:00'),
  (2, 'bob@x.io', 'Bob', 'USER', 20, 0, 0, 'null', '{}', NULL, '2024-01-03 10:00:00.123', '2024-01-04 10:00:00'),
  (3, 'cyd@x.io', NULL, 'USER', 20, -3.75, -5, NULL, '{x}', '\x', '2024-02-29 23:59:59.999', '2024-03-01 00:00:00'),
  (4, 'dan@Y.io', 'dan', 'USER', 5, 1000000000.000000001, 9223372036854775807, '"text"', '{y,x,z}', '\x00ff', '2023-12-31 10:00:00', '2024-01-01 10:00:00'),
  (5, 'eve@y.io', 'Eve "the" O''Neil', 'ADMIN', 0, 7, 7, '[1, 2, {"a": "b"}]', '{"with space","quo\"te",""}', '\xdeadbeef', '2024-01-01 10:00:00', '2024-01-01 10:00:00'),
  (6, 'fay_100%@z.io', 'Fay', 'USER', -5, 0.1, 1, '{"city": "oslo", "n": 7.5, "deep": {"list": ["a", "b"]}}', '{å,"😀"}', NULL, '2025-06-01 00:00:00', '2025-06-01 00:00:00');
INSERT INTO "Post" ("id", "title", "published", "views", "authorId") VALUES
  (1, 'Hello world', true, 10, 1), (2, 'Second post', false, 3, 1), (3, 'hello again', true, 0, 1),
  (4, 'Bob writes', true, 7, 2), (5, 'Cats and dogs', false, 7, 3), (6, '100% sure_thing', true, 99, 3),
  (7, 'A\b', false, 0, 4), (8, 'Zebra', true, 10, 4), (9, 'zebra', true, 11, 4), (10, 'Quote''s "end"', false, 1, 6);
INSERT INTO "Profile" ("id", "bio", "userId") VALUES (1, 'Ann''s bio', 1), (2, 'bio of cyd', 3), (3, '', 5);
INSERT INTO "Tag" ("id", "name") VALUES (1, 'news'), (2, 'cats'), (3, 'Dogs'), (4, 'unused'), (5, 'rust');
INSERT INTO "_PostToTag" ("A", "B") VALUES (1, 1), (1, 2), (2, 1), (3, 5), (5, 2), (5, 3), (6, 1), (8, 3), (8, 1), (9, 2);
SELECT setval('"User_id_seq"', 100), setval('"Post_id_seq"', 100), setval('"Profile_id_seq"', 100), setval('"Tag_id_seq"', 100);
