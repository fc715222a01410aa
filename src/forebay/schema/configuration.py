"""The datasource and the generators: their properties, and what either version allows."""

from itertools import pairwise

from forebay.schema import coerce, texts
from forebay.schema.diagnostics import Diagnostics, Text
from forebay.schema.extensions import read_extensions
from forebay.schema.features import check_features
from forebay.schema.model import ConfigValue, Datasource, EnvironmentOr, Generator, Schema
from forebay.schema.show import show
from forebay.schema.tree import Array, Block, Call, Expression, Object, Property, String

POSTGRESQL = ("postgresql", "postgres")
# Prisma's other providers: known to it, and not to us.
OTHER_PROVIDERS = ("mysql", "sqlite", "sqlserver", "mongodb", "cockroachdb")


class ConfigurationReader:
    """Reads datasources and generators by the rules of a version of Prisma."""

    def __init__(self, diagnostics: Diagnostics, prisma: int) -> None:
        """Report to `diagnostics`."""
        self._diagnostics = diagnostics
        self._prisma = prisma

    def read(self, blocks: list[Block], schema: Schema) -> None:
        """Read what one file says. Some features are known only beside its own datasource."""
        sources = [block for block in blocks if block.kind == "datasource"]
        read = [found for block in sources if (found := self._datasource(block)) is not None]
        if schema.datasource is None and read:
            schema.datasource = read[0]
        if len(read) > 1:
            for block in sources:
                self._error(texts.SEVERAL_DATASOURCES, block, source=block.name)
        for block in blocks:
            if block.kind == "generator":
                self._generator(block, schema, is_postgresql=bool(read))

    def _error(self, text: Text, where: Block | Property | Expression, **gaps: object) -> None:
        self._diagnostics.error(text, where.start, where.end, **gaps)

    def _properties(self, block: Block) -> dict[str, tuple[Property, Expression]] | None:
        """Return the properties by name, the last of each; None where one has no value."""
        found: dict[str, tuple[Property, Expression]] = {}
        for one in block.properties:
            if one.value is None:
                self._error(
                    texts.PROPERTY_WITHOUT_VALUE,
                    block,
                    property=one.name,
                    kind=block.kind,
                    name=block.name,
                )
                return None
            found[one.name] = (one, one.value)
        return found

    def _datasource(self, block: Block) -> Datasource | None:
        given = self._properties(block)
        provider = None if given is None else self._provider(block, given)
        if given is None or provider is None:
            return None
        source = Datasource(block, block.name, provider)
        self._relation_mode(source, given)
        read_extensions(source, given.pop("extensions", None), self._diagnostics)
        if not (self._urls_6(source, given) if self._prisma < 7 else self._no_urls(given)):
            return None
        if "previewFeatures" in given:
            self._error(texts.FEATURES_IN_DATASOURCE, given.pop("previewFeatures")[0])
        self._schemas(source, given)
        for one, _ in given.values():
            self._error(texts.PROPERTY_UNKNOWN, one, property=one.name)
        return source

    def _provider(self, block: Block, given: dict[str, tuple[Property, Expression]]) -> str | None:
        _, value = given.pop("provider", (None, None))
        if value is None:
            self._error(
                texts.DATASOURCE_ARGUMENT_MISSING, block, argument="provider", source=block.name
            )
            return None
        if isinstance(value, Call) and value.name == "env":
            self._error(texts.PROVIDER_FROM_ENVIRONMENT, block)
        elif not isinstance(value, String):
            self._error(texts.PROVIDER_NOT_A_STRING, value, source=block.name)
        elif not value.value:
            self._error(texts.PROVIDER_EMPTY, value, source=block.name)
        elif value.value in POSTGRESQL:
            return value.value
        elif value.value in OTHER_PROVIDERS:
            self._error(texts.OTHER_PROVIDER, value, provider=value.value)
        else:
            self._error(texts.UNKNOWN_PROVIDER, value, provider=value.value)
        return None

    def _urls_6(self, source: Datasource, given: dict[str, tuple[Property, Expression]]) -> bool:
        """Read the URLs, which Prisma 6 has in the schema; False where the main one is missing."""
        block = source.node
        _, url = given.pop("url", (None, None))
        if url is None:
            self._error(texts.DATASOURCE_ARGUMENT_MISSING, block, argument="url", source=block.name)
            return False
        source.url = self._string(url)
        if source.url is None:
            return False
        _, shadow = given.pop("shadowDatabaseUrl", (None, None))
        if shadow is not None:
            source.shadow_database_url = self._string(shadow)
            if source.shadow_database_url == EnvironmentOr(""):
                source.shadow_database_url = None
        _, direct = given.pop("directUrl", (None, None))
        if direct is not None:
            source.direct_url = self._string(direct)
        if source.shadow_database_url is not None:
            if direct is not None and source.shadow_database_url == source.direct_url:
                self._error(texts.SHADOW_IS_DIRECT, direct, source=block.name)
            if source.shadow_database_url == source.url:
                self._error(texts.SHADOW_IS_MAIN, url, source=block.name)
        return True

    def _no_urls(self, given: dict[str, tuple[Property, Expression]]) -> bool:
        """Refuse the URLs, which Prisma 7 has in a configuration file."""
        for name, text in (
            ("url", texts.URL_IN_SCHEMA),
            ("shadowDatabaseUrl", texts.OTHER_URL_IN_SCHEMA),
            ("directUrl", texts.OTHER_URL_IN_SCHEMA),
        ):
            if name in given:
                self._error(text, given.pop(name)[0], property=name)
        return True

    def _relation_mode(
        self, source: Datasource, given: dict[str, tuple[Property, Expression]]
    ) -> None:
        old = given.pop("referentialIntegrity", None)
        new = given.pop("relationMode", None)
        if old is not None:
            place = old[0]
            self._diagnostics.warning(texts.REFERENTIAL_INTEGRITY, place.start, place.end)
            if new is not None:
                self._error(texts.BOTH_RELATION_MODES, place)
                return
        found = new or old
        mode = None if found is None else coerce.string(found[1], self._diagnostics)
        if mode == "prisma":
            source.relation_mode = "prisma"
        elif mode is not None and mode != "foreignKeys":
            self._error(texts.WRONG_RELATION_MODE, source.node, mode=mode)

    def _schemas(self, source: Datasource, given: dict[str, tuple[Property, Expression]]) -> None:
        _, value = given.pop("schemas", (None, None))
        if value is None:
            return
        names = coerce.array(value, _placed_string, self._diagnostics)
        if names is None:
            return
        if not names:
            self._error(texts.SCHEMAS_EMPTY, value)
            return
        names.sort(key=lambda one: one[0])
        for (name, node), (following, _) in pairwise(names):
            if name == following:
                self._error(texts.SCHEMA_TWICE, node)
        source.schemas = [name for name, _ in names]
        source.schemas_node = value

    def _generator(self, block: Block, schema: Schema, *, is_postgresql: bool) -> None:
        given = self._properties(block)
        if given is None:
            return
        _, engine = given.get("engineType", (None, None))
        if engine is not None and not isinstance(engine, String):
            coerce.wrong_kind(engine, "String", self._diagnostics)
        _, value = given.pop("provider", (None, None))
        if value is None:
            self._error(
                texts.GENERATOR_ARGUMENT_MISSING, block, argument="provider", generator=block.name
            )
            return
        provider = self._string(value)
        if provider is None:
            return
        generator = Generator(block, block.name, provider)
        self._known_options(generator, given, is_postgresql=is_postgresql)
        for name, (_, one) in given.items():
            read = _config_value(one, self._diagnostics)
            if read is None:
                return
            generator.config[name] = read
        schema.generators.append(generator)

    def _known_options(
        self,
        generator: Generator,
        given: dict[str, tuple[Property, Expression]],
        *,
        is_postgresql: bool,
    ) -> None:
        """Read the options that mean something to Prisma itself."""
        _, value = given.pop("output", (None, None))
        if value is not None:
            generator.output = self._string(value)
        _, value = given.pop("binaryTargets", (None, None))
        if value is not None:
            targets = coerce.array(value, _environment_or, self._diagnostics)
            generator.binary_targets = targets or []
        _, value = given.pop("previewFeatures", (None, None))
        names = None if value is None else coerce.array(value, coerce.string, self._diagnostics)
        if value is not None and names is not None:
            generator.preview_features = check_features(
                names, value, self._diagnostics, self._prisma, postgresql=is_postgresql
            )

    def _string(self, value: Expression) -> EnvironmentOr | None:
        return _environment_or(value, self._diagnostics)


def _placed_string(value: Expression, diagnostics: Diagnostics) -> tuple[str, Expression] | None:
    text = coerce.string(value, diagnostics)
    return None if text is None else (text, value)


def _environment_or(value: Expression, diagnostics: Diagnostics) -> EnvironmentOr | None:
    """Return a string, or the variable that `env("…")` names."""
    if isinstance(value, String):
        return EnvironmentOr(value.value)
    if isinstance(value, Call) and value.name == "env":
        return _env(value, diagnostics)
    coerce.wrong_kind(value, "String", diagnostics)
    return None


def _env(value: Call, diagnostics: Diagnostics) -> EnvironmentOr | None:
    arguments = value.arguments
    for one in arguments.given:
        if one.name is not None:
            diagnostics.warning(texts.ENV_NAMED_ARGUMENT, one.start, one.end)
    if not arguments.given and arguments.empty:
        diagnostics.error(texts.ENV_WITHOUT_VALUE, value.start, value.end)
        return None
    first = arguments.given[0].value if arguments.given else None
    if first is None or len(arguments.written) != 1 or arguments.trailing_comma is not None:
        diagnostics.error(texts.ENV_ARGUMENTS, value.start, value.end)
        return None
    name = coerce.string(first, diagnostics)
    return None if name is None else EnvironmentOr(variable=name)


def _config_value(value: Expression, diagnostics: Diagnostics) -> "ConfigValue | None":
    """Return the value of a generator's own option; words and numbers are strings."""
    if isinstance(value, String):
        return value.value
    if isinstance(value, Array):
        found = [_config_value(item, diagnostics) for item in value.items]
        sound = [item for item in found if item is not None]
        return sound if len(sound) == len(found) else None
    if isinstance(value, Object):
        members: dict[str, ConfigValue] = {}
        for name, one in value.members:
            read = _config_value(one, diagnostics)
            if read is None:
                return None
            members[name] = read
        return members
    if isinstance(value, Call):
        return _env(value, diagnostics) if value.name == "env" else show(value)
    return value.text
