-- CreateTable
CREATE TABLE "item" (
    "id" INTEGER NOT NULL,
    "shelf_id" INTEGER NOT NULL,
    CONSTRAINT "item_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "item" ADD CONSTRAINT "item_shelf_id_fkey" FOREIGN KEY ("shelf_id") REFERENCES "shelf"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

INSERT INTO "step" SELECT 'item', count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
