import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["OFFICE_HOST"],
    },
    "reports": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "pgbouncer",
        "PORT": "6432",
        "DISABLE_SERVER_SIDE_CURSORS": True,
    },
    "archive": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["ARCHIVE_HOST"],
        "OPTIONS": {"pool": True},
    },
}
