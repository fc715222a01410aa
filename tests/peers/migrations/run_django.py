"""Runs Django's `migrate` at a URL, under an advisory lock of the session."""

import sys

import django
from django.conf import settings
from django.core.management import call_command

from tests.peers.matrix.programs.django_program import database
from tests.peers.migrations.locked import LOCK

settings.configure(
    DATABASES={"default": database(sys.argv[1])},
    INSTALLED_APPS=["tests.peers.migrations.shop"],
    USE_TZ=True,
)
django.setup()

from django.db import connection  # noqa: E402  it wants the settings

with connection.cursor() as cursor:
    cursor.execute(f"select pg_advisory_lock({LOCK})")
    try:
        call_command("migrate", verbosity=0)
    finally:
        cursor.execute(f"select pg_advisory_unlock({LOCK})")
