"""What the linter says of a script itself: what it could not read, and remarks it cannot follow."""

from forebay.migrate.lint.registry import Page, Severity, told

SYNTAX = told(
    "FM001",
    "syntax-error",
    Severity.ERROR,
    Page(
        about="PostgreSQL's grammar does not take the script.",
        why="""A script is sent as one query, and PostgreSQL reads all of it before it runs any of
it: nothing of the script would run. Neither psql's own commands nor a byte order mark are SQL. The
statements around the error are looked at all the same, but for those behind a quote without an
end.""",
        instead="Correct it where the caret points.",
        bad='ALTER TABLE "Reader" ADD COLUM "city" text;',
        good='ALTER TABLE "Reader" ADD COLUMN "city" text;',
    ),
    aliases=("syntax-error",),
)
UNREAD = told(
    "FM002",
    "not-examined",
    Severity.NOTE,
    Page(
        about="The linter does not know what a statement does.",
        why="""A statement that a DO block puts together when it runs, or whose expressions are
nested deeper than the linter reads, is looked at by nobody.""",
        instead="Read it yourself, or write it out.",
        bad="DO $$ BEGIN EXECUTE 'DROP TABLE ' || current_setting('my.table'); END $$;",
        good="DO $$ BEGIN PERFORM 1; END $$;",
    ),
)
NO_REASON = told(
    "FM003",
    "unclear-remark",
    Severity.WARNING,
    Page(
        about="A remark to the linter has no reason, or names no rule.",
        why="Whoever reads the script later cannot tell what was known when it was written.",
        instead="Write the reason behind the codes. Until there is one the remark does nothing.",
        bad='-- forebay: ignore[FM108]\nDROP INDEX "Customer_email_idx";',
        good="-- forebay: ignore[FM108] the table is written once a night\n"
        'DROP INDEX "Customer_email_idx";',
    ),
)
UNUSED = told(
    "FM004",
    "ignored-nothing",
    Severity.NOTE,
    Page(
        about="A remark tells the linter to ignore what it does not find.",
        why="It was written for something that is gone, or for another statement.",
        instead="Take it out, or move it before the statement that it is about.",
        bad="-- forebay: ignore[FM107] built at night\n"
        'CREATE INDEX CONCURRENTLY "Customer_email_idx" ON "Customer" ("email");',
        good="-- forebay: ignore[FM107] built at night\n"
        'CREATE INDEX "Customer_email_idx" ON "Customer" ("email");',
    ),
)
