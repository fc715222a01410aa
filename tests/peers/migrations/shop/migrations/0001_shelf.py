"""Make the first table."""

from django.db import migrations, models

from tests.peers.migrations.locked import step


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.RunSQL("create table step (name text, held integer)"),
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunSQL(step("shelf")),
    ]
