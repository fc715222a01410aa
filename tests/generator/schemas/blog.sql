CREATE TYPE "Role" AS ENUM ('READER', 'AUTHOR', 'administrator');
CREATE TABLE "User" (
    id SERIAL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT,
    role "Role" NOT NULL DEFAULT 'READER',
    balance DECIMAL(12, 2) NOT NULL DEFAULT 0,
    avatar BYTEA,
    settings JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "Post" (
    id SERIAL PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT,
    published BOOLEAN NOT NULL DEFAULT false,
    views BIGINT NOT NULL DEFAULT 0,
    rating DOUBLE PRECISION,
    labels TEXT[],
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    author_id INTEGER NOT NULL REFERENCES "User" (id)
);
CREATE TABLE "Tag" (name TEXT PRIMARY KEY);
CREATE TABLE "_PostToTag" (
    "A" INTEGER NOT NULL REFERENCES "Post" (id) ON DELETE CASCADE,
    "B" TEXT NOT NULL REFERENCES "Tag" (name) ON DELETE CASCADE,
    PRIMARY KEY ("A", "B")
);
CREATE TABLE "Comment" (
    post_id INTEGER NOT NULL REFERENCES "Post" (id),
    user_id INTEGER NOT NULL REFERENCES "User" (id),
    place INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (post_id, place)
);
