CREATE EXTENSION citext;

CREATE TABLE "Folder" ("id" INTEGER NOT NULL, CONSTRAINT "Folder_pkey" PRIMARY KEY ("id"));

CREATE TABLE "File" (
    "id" INTEGER NOT NULL,
    "folderId" INTEGER,
    "name" CITEXT,
    "body" XML,

    CONSTRAINT "File_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "File_name_key" ON "File"("name");

ALTER TABLE "File" ADD CONSTRAINT "File_folderId_fkey" FOREIGN KEY ("folderId") REFERENCES "Folder"("id") ON DELETE SET NULL ON UPDATE CASCADE;
