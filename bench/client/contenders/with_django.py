"""Django's ORM, in one thread."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import django
from django.apps import AppConfig
from django.conf import settings

from bench.client.workload import Operation, new_email, new_users, some_user


class Bench(AppConfig):
    """The application that the models belong to: Django asks it for what refers to what."""

    name = "bench.client.contenders"
    label = "bench"


def _configure(url: str) -> None:
    parts = urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.strip("/"),
                "USER": parts.username,
                "PASSWORD": parts.password,
                "HOST": parts.hostname,
                "PORT": parts.port,
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=[f"{__name__}.{Bench.__name__}"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()


def start_sync(url: str) -> dict[str, Operation]:
    """Connect, and return the operations."""
    _configure(url)
    from django.db import models, transaction

    class User(models.Model):
        email = models.TextField()
        name = models.TextField()
        created_at = models.DateTimeField(auto_now_add=True)

        class Meta:
            app_label, db_table, managed = "bench", "user", False

    class Tag(models.Model):
        name = models.TextField()

        class Meta:
            app_label, db_table, managed = "bench", "tag", False

    class Post(models.Model):
        title = models.TextField()
        content = models.TextField()
        published = models.BooleanField()
        created_at = models.DateTimeField(auto_now_add=True)
        author = models.ForeignKey(User, models.CASCADE, related_name="posts")
        tags: Any = models.ManyToManyField(Tag, through="PostTag")

        class Meta:
            app_label, db_table, managed = "bench", "post", False

    class PostTag(models.Model):
        post = models.ForeignKey(Post, models.CASCADE, db_column="A", primary_key=True)
        tag = models.ForeignKey(Tag, models.CASCADE, db_column="B")

        class Meta:
            app_label, db_table, managed = "bench", "_PostToTag", False

    def insert1() -> Any:
        return User.objects.create(email=new_email(), name="Somebody")

    def bulk1000() -> None:
        User.objects.bulk_create([User(**row) for row in new_users()])

    def update1() -> Any:
        user = User.objects.get(id=some_user())
        user.name = new_email()
        user.save(update_fields=["name"])
        return user

    def tx3() -> Any:
        with transaction.atomic():
            user = User.objects.get(id=some_user())
            user.name = new_email()
            user.save(update_fields=["name"])
            return Post.objects.filter(author_id=user.id).order_by("id").first()

    def filter5() -> Any:
        found = Post.objects.filter(
            published=True,
            author_id__gt=some_user() // 2,
            id__lt=9000,
            title__contains="7",
            content__startswith="words",
        )
        return list(found.order_by("-id")[:20])

    users, posts = User.objects.order_by("id"), Post.objects.order_by("id")
    return {
        "pk": lambda: User.objects.get(id=some_user()),
        "list100": lambda: list(posts.all()[:100]),
        "join100": lambda: list(posts.select_related("author")[:100]),
        "tree": lambda: list(users.prefetch_related("posts__tags")[:20]),
        "insert1": insert1,
        "bulk1000": bulk1000,
        "update1": update1,
        "tx3": tx3,
        "filter5": filter5,
    }
