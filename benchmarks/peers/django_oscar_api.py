# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["django-oscar>=4.1", "django-oscar-api>=3.3", "setuptools<81", "sorl-thumbnail>=12", "waitress>=3"]
#
# [tool.uv]
# exclude-newer = "2026-11-15T00:00:00Z"
# ///
"""django-oscar's REST API on products of its own, served by waitress until it is killed. Arguments: FILE FOLDER PRODUCTS; FILE is not read.

Its list of products gives id, title and address; prices and stock are addresses of their own.
"""

import os
import sys

from oscar_shop import open_shop

open_shop(
    "rest_framework",
    "oscarapi",
    ROOT_URLCONF="oscarapi.urls",
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[
        "django.middleware.common.CommonMiddleware",  # says how long an answer is, so that the connection is kept
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "oscar.apps.basket.middleware.BasketMiddleware",
    ],
)

import waitress  # noqa: E402  # only after the set-up
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402  # as above
from django.db import transaction  # noqa: E402  # as above
from oscar.core.loading import get_model  # noqa: E402  # as above

Product, StockRecord = get_model("catalogue", "Product"), get_model("partner", "StockRecord")
with transaction.atomic():
    kind = get_model("catalogue", "ProductClass").objects.create(name="Office")
    partner = get_model("partner", "Partner").objects.create(name="benchmark")
    numbers = range(int(sys.argv[3]))
    Product.objects.bulk_create(
        Product(
            title=f"Product {each}", slug=f"product-{each}", upc=f"U{each}", product_class=kind, structure="standalone"
        )
        for each in numbers
    )
    made = Product.objects.order_by("id")
    StockRecord.objects.bulk_create(
        StockRecord(product=each, partner=partner, partner_sku=each.upc, price="4.90", num_in_stock=5) for each in made
    )
server = waitress.create_server(WSGIHandler(), host="127.0.0.1", port=0, threads=4)
print(f"process {os.getpid()} at http://127.0.0.1:{server.effective_port}", file=sys.stderr, flush=True)
server.run()
