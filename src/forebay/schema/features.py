"""Preview features: which names each version of Prisma knows, and what became of the old ones."""

from forebay.schema import texts
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.tree import Expression

_ACTIVE = {
    6: (
        "metrics nativeDistinct postgresqlExtensions relationJoins schemaEngineDriverAdapters "
        "shardKeys strictUndefinedChecks views"
    ).split(),
    7: (
        "nativeDistinct partialIndexes postgresqlExtensions relationJoins "
        "schemaEngineDriverAdapters shardKeys strictUndefinedChecks typedSql views"
    ).split(),
}
# Only named where the datasource is PostgreSQL.
_POSTGRESQL = "fullTextSearchPostgres"
_HIDDEN = {6: ["reactNative", "typedSql"], 7: ["reactNative"]}
_LEAVING = {6: ["metrics"], 7: []}
# What these did is part of Prisma now.
_INTEGRATED = (
    "aggregateApi atomicNumberOperations clientExtensions cockroachdb connectOrCreate createMany "
    "dataProxy deno distinct driverAdapters extendedIndexes extendedWhereUnique fieldReference "
    "filterJson filteredRelationCount fullTextIndex fullTextSearch groupBy improvedQueryRaw "
    "interactiveTransactions jsonProtocol microsoftSqlServer middlewares mongoDb multiSchema nApi "
    "namedConstraints nativeTypes omitApi orderByAggregateGroup orderByNulls orderByRelation "
    "prismaSchemaFolder queryCompiler referentialActions referentialIntegrity selectRelationCount "
    "tracing transactionApi uncheckedScalarInputs"
).split()


def check_features(
    names: list[str], value: Expression, diagnostics: Diagnostics, prisma: int, *, postgresql: bool
) -> list[str]:
    """Return the features that names turn on, in Prisma's spelling; report unknown ones."""
    active = list(_ACTIVE[prisma])
    if postgresql:
        active = sorted([*active, _POSTGRESQL])
    usable = {name.lower(): name for name in (*active, *_HIDDEN[prisma])}
    integrated = {name.lower(): name for name in _INTEGRATED}
    found: list[str] = []
    for name in names:
        lowered = name.lower() if name.isascii() else name
        if lowered == "fulltextsearch" and postgresql:
            found.append(_POSTGRESQL)
            diagnostics.warning(texts.FEATURE_RENAMED, value.start, value.end, feature=name)
        elif lowered in integrated:
            found.append(integrated[lowered])
            diagnostics.warning(texts.FEATURE_INTEGRATED, value.start, value.end, feature=name)
        elif lowered in usable:
            found.append(usable[lowered])
            if usable[lowered] in _LEAVING[prisma]:
                diagnostics.warning(texts.FEATURE_LEAVING, value.start, value.end, feature=name)
        else:
            diagnostics.error(
                texts.FEATURE_UNKNOWN,
                value.start,
                value.end,
                feature=name,
                expected=", ".join(active),
            )
    return found
