"""Make a table that refers to the first."""

import django.db.models.deletion
from django.db import migrations, models

from tests.peers.migrations.locked import step


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_shelf")]

    operations = [
        migrations.CreateModel(
            "Item",
            [
                ("id", models.BigAutoField(primary_key=True)),
                (
                    "shelf",
                    models.ForeignKey("shop.Shelf", django.db.models.deletion.CASCADE),
                ),
            ],
        ),
        migrations.RunSQL(step("item")),
    ]
