import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["OFFICE_HOST"],
        "CONN_MAX_AGE": 600,  # expect: FD523
        "ATOMIC_REQUESTS": True,  # expect: FD532
    },
    "reports": {  # expect: FD524
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "pgbouncer",
        "PORT": "6432",
    },
    "archive": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["ARCHIVE_HOST"],
        "CONN_MAX_AGE": 60,  # expect: FD523 FD533
        "OPTIONS": {"pool": True},
    },
}
