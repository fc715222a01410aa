"""Changes one setting to what an operator has typed, as SET on the console does."""

from forebay.errors import ConfigurationError
from forebay.serve.check import problems_in
from forebay.serve.ini_values import read_value
from forebay.serve.registry import describe
from forebay.serve.settings import TABLES, Settings


def with_setting(settings: Settings, name: str, text: str) -> Settings:
    """Return `settings` with the one called `name` changed to what `text` says.

    Raises:
        ConfigurationError: there is no such setting, it has no such value, or is not built.
    """
    setting = describe(Settings).get(name)
    if setting is None or name in TABLES:
        raise ConfigurationError(f"there is no setting {name}", hint="SHOW CONFIG lists them")
    try:
        changed = Settings.model_validate({**dict(settings), name: read_value(setting, text)})
    except ValueError as error:
        raise ConfigurationError(f"{name} cannot be {text!r}", hint=setting.description) from error
    for problem in problems_in(changed, lambda _place: None):
        raise ConfigurationError(problem.message, hint=problem.hint)
    return changed
