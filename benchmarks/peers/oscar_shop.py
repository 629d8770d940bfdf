"""django-oscar on a SQLite file in the folder, without its web pages."""

from typing import Any

import django
from clock import FOLDER
from django.conf import settings
from oscar import defaults

_APPS = (
    "address analytics basket catalogue checkout communication customer offer order partner payment search shipping "
    "voucher wishlists"
).split()
_DESKS = "catalogue communications offers orders pages partners ranges reports reviews shipping users vouchers".split()


def open_shop(*more_apps: str, **more_settings: Any) -> None:
    """Set Django up and make the tables."""
    settings.configure(
        **{name: getattr(defaults, name) for name in dir(defaults) if name.isupper()},
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "flatpages", "sessions", "sites")),
            "oscar.config.Shop",
            *(f"oscar.apps.{name}.apps.{name.title()}Config" for name in _APPS),
            "oscar.apps.dashboard.apps.DashboardConfig",
            *(f"oscar.apps.dashboard.{name}.apps.{name.title()}DashboardConfig" for name in _DESKS),
            "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
            "haystack",
            "treebeard",
            "sorl.thumbnail",
            "django_tables2",
            "widget_tweaks",
            *more_apps,
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "oscar.db"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        MEDIA_ROOT=str(FOLDER),
        SECRET_KEY="benchmark",
        SITE_ID=1,
        USE_TZ=True,
        **more_settings,
    )
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # only after the set-up

    call_command("migrate", verbosity=0)
