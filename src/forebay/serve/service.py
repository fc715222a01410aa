"""Serves a settings file from reading it to the end, for `forebay serve` and its drop-in.

Whatever can be refused is refused before the process goes into the background or listens.
"""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from forebay.errors import BadSettings, ConfigurationError
from forebay.serve.addresses import require_addresses
from forebay.serve.change import with_setting
from forebay.serve.check import not_servable
from forebay.serve.daemon import become, into_background, own_socket
from forebay.serve.lifecycle import (
    hold_back_signals,
    interruptible_start,
    require_data_plane,
    run,
)
from forebay.serve.limits import raise_descriptor_limit, require_descriptors
from forebay.serve.load import Loaded
from forebay.serve.logfile import log_to, open_log
from forebay.serve.own_log import log, use_log_format
from forebay.serve.pidfile import hold_pidfile, require_free
from forebay.serve.reload import changes, reread
from forebay.serve.render import render
from forebay.serve.settings import Settings
from forebay.serve.source import Place

if TYPE_CHECKING:
    from forebay._gateway import Gateway


def require_servable(loaded: Loaded) -> Loaded:
    """See that somebody could be served with these settings, and return them.

    Raises:
        BadSettings: nobody could; says why.
    """

    def where(place: Place) -> str | None:
        return loaded.file.where(place) if loaded.file is not None else None

    if problems := not_servable(loaded.settings, where):
        raise BadSettings(problems)
    return loaded


def serve(
    read: Callable[[], Loaded],
    *,
    is_quiet: bool = False,
    in_background: bool = False,
    waits: bool = False,
) -> None:
    """Serve what `read` returns until a signal ends it; SIGHUP reads it again.

    With `waits` SIGTERM and SIGINT mean what they do to PgBouncer.

    Raises:
        ForebayError: the settings, the machine or the data plane refused.
    """
    # A SIGHUP that comes early waits for the gateway instead of ending the process.
    hold_back_signals()
    with interruptible_start(), ExitStack() as stack:
        loaded = require_servable(read())
        settings = loaded.settings
        use_log_format(settings.log_format)
        if in_background:
            _require_background_files(settings)
        require_descriptors(settings, raise_descriptor_limit())
        require_data_plane()
        if settings.user is not None:
            become(settings.user)
        require_addresses(settings)
        if settings.pidfile is not None:
            require_free(settings.pidfile)
        has_started = into_background() if in_background else None
        forget = stack.enter_context(log_to(settings.logfile, is_quiet=is_quiet or in_background))
        for note in loaded.notes:
            log(f"note: {note}")
        service = _Service(read, settings)

        def listening(addresses: list[str]) -> None:
            for address in addresses:
                if settings.unix_socket_group is not None and address.startswith("/"):
                    own_socket(Path(address), settings.unix_socket_group)
            stack.enter_context(hold_pidfile(settings.pidfile))
            log(f"listening on {', '.join(addresses)}: {settings.pool_mode} mode")
            if has_started is not None:
                has_started()
                forget()

        run(render(settings), listening, service.hang_up, service.answer, waits=waits)


@dataclass
class _Service:
    """What is served now."""

    read: Callable[[], Loaded]
    settings: Settings
    # SIGHUP is met by the main thread, the console by another.
    lock: Lock = field(default_factory=Lock)

    def hang_up(self, gateway: "Gateway") -> None:
        """Read the settings again, and open the log again."""
        log(f"{signal.SIGHUP.name}: reading the settings again")
        with self.lock:
            self.settings = reread(self.reread, self.settings, gateway, log)
        if self.settings.logfile is not None:
            try:
                open_log(self.settings.logfile)
            except ConfigurationError as error:
                log(str(error))

    def answer(self, gateway: "Gateway", name: str | None, value: str | None) -> None:
        """Do as the console says: take what the file says now, or the settings with one changed.

        Raises:
            ForebayError: the operator is told this, and nothing changes.
        """
        from forebay._gateway import GatewayError

        with self.lock:
            # Under the lock to its end, so that no reload overtakes another.
            if name is None or value is None:
                new = self.reread()
            else:
                new = with_setting(self.settings, name, value)
            found = changes(self.settings, new)
            kept = {
                each.name: getattr(self.settings, each.name) for each in found if each.needs_restart
            }
            effective = new.model_copy(update=kept)
            try:
                gateway.reload(render(effective))
            except GatewayError as error:
                message, hint = error.args
                raise ConfigurationError(message, hint=hint or None) from None
            self.settings = effective
            for each in found:
                log(f"console: {each}")

    def reread(self) -> Settings:
        """Return what the file says now, once it has passed what it passed at the start."""
        settings = require_servable(self.read()).settings
        require_descriptors(settings, raise_descriptor_limit())
        return settings


def _require_background_files(settings: Settings) -> None:
    missing = [name for name in ("logfile", "pidfile") if getattr(settings, name) is None]
    if missing:
        raise ConfigurationError(
            f"-d needs {' and '.join(missing)}: nobody would hear or find a process in the"
            " background",
            hint=f"set {' and '.join(missing)}, or run it in the foreground",
        )
