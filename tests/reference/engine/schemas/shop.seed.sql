INSERT INTO "stock"."categories" ("id", "name", "parentId") VALUES (1, 'all', NULL), (2, 'food', 1), (3, 'fruit', 2), (4, 'tools', 1), (5, 'citrus', 3), (6, 'orphan', NULL);
INSERT INTO "stock"."products" ("sku", "title", "price", "in_stock", "tags", "data", "category_id", "cost") VALUES
  ('apple', 'Apple', 1.20, 100, '{fresh,red}', '{"kg": 0.2}', 3, 0.5), ('lemon', 'Lemon', 0.80, 0, '{fresh}', NULL, 5, 0.25),
  ('hammer', 'Hammer', 25.00, 7, '{}', '{"kg": 1.5, "tags": ["steel"]}', 4, 11.1), ('bread', 'bread', 3.50, 20, '{baked}', 'null', 2, NULL),
  ('mystery', 'Mystery box', 99.99, 1, '{red,odd}', '[]', NULL, NULL), ('saw''s', 'Saw "big"', 30.00, 3, '{steel}', '{"kg": 2}', 4, 12.75);
INSERT INTO "customers" ("customer_id", "first_name", "last name", "email", "tenant", "referrer_id", "points", "location") VALUES
  (1, 'Ida', 'Moe', 'ida@m.no', 'main', NULL, 10, '(1,2)'), (2, 'Per', 'Lie', 'per@m.no', 'main', 1, NULL, NULL), (3, 'Kim', 'Moe', NULL, 'main', 1, 30, NULL),
  (4, 'Ida', 'Moe', NULL, 'east', 2, 30, '(0,0)'), (5, 'Ole', 'Dahl', 'ole@m.no', 'east', NULL, 0, NULL);
INSERT INTO "orders" ("tenant", "number", "status", "customer_id", "total", "placed_at", "note") VALUES
  ('main', 1, 'OPEN', 1, 10.00, '2024-03-01 08:00:00', NULL), ('main', 2, 'paid', 1, 250.50, '2024-03-02 08:00:00', 'gift'), ('main', 3, 'cancel led', 2, 0, '2024-03-02 08:00:00', NULL),
  ('east', 1, 'paid', 4, 99.99, '2024-03-05 08:00:00', 'rush'), ('east', 2, 'OPEN', NULL, 1.20, '2024-03-06 08:00:00', '');
INSERT INTO "order_lines" ("id", "tenant", "number", "product_id", "quantity", "price") VALUES
  (1, 'main', 1, 'apple', 5, 1.20), (2, 'main', 1, 'lemon', 5, 0.80), (3, 'main', 2, 'hammer', 10, 25.00), (4, 'main', 2, 'apple', 1, 0.50),
  (5, 'east', 1, 'mystery', 1, 99.99), (6, 'east', 2, 'apple', 1, 1.20);
INSERT INTO "invoices" ("id", "tenant", "number", "paid") VALUES (1, 'main', 2, true), (2, 'east', 1, false);
INSERT INTO "_Friends" ("A", "B") VALUES (1, 2), (1, 3), (2, 3), (4, 1);
INSERT INTO "_Likes" ("A", "B") VALUES (1, 'apple'), (1, 'lemon'), (2, 'apple'), (3, 'hammer'), (5, 'apple');
SELECT setval('"customers_customer_id_seq"', 100), setval('"order_lines_id_seq"', 100), setval('"invoices_id_seq"', 100);
