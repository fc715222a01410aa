INSERT INTO "Folder" VALUES (1), (2);
INSERT INTO "File" VALUES
  (1, 1, 'Read Me', '<a b="c">d</a>'),
  (2, 1, 'other', NULL),
  (3, NULL, NULL, '<e/>');
