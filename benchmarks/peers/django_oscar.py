# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["django-oscar>=4.1", "setuptools<81", "sorl-thumbnail>=12"]
#
# [tool.uv]
# exclude-newer = "2026-11-15T00:00:00Z"
# ///
"""django-oscar's CatalogueImporter into SQLite. Arguments: FILE FOLDER ROWS.

It knows nine columns: class, category, UPC, title, description, partner, the partner's SKU, price, stock.
"""

import csv
import logging

import django
from clock import FOLDER, Clock, feed
from django.conf import settings
from oscar import defaults

_APPS = (
    "address analytics basket catalogue checkout communication customer offer order partner payment search shipping "
    "voucher wishlists"
).split()
_DESKS = "catalogue communications offers orders pages partners ranges reports reviews shipping users vouchers".split()
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
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "oscar.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
    MEDIA_ROOT=str(FOLDER),
    SECRET_KEY="benchmark",
    SITE_ID=1,
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402  # only after the set-up
from oscar.apps.partner.importers import CatalogueImporter  # noqa: E402  # as above

call_command("migrate", verbosity=0)
nine = FOLDER / "oscar.csv"
_FIRST = ("product_type", "category", "gtin", "name", "description")
with nine.open("w", newline="", encoding="utf-8") as out:
    csv.writer(out).writerows(
        [*(each[name] for name in _FIRST), "benchmark", each["sku"], each["price"], each["quantity"]] for each in feed()
    )
clock = Clock()
CatalogueImporter(logging.getLogger("oscar")).handle(str(nine))
clock.tell("django-oscar")
