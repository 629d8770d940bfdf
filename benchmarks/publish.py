"""Publishing to the loopback Shopify: how much of the allowed rate is reached, and what an unchanged catalogue costs.

    uv run python -m benchmarks.publish [--products 20000] [--faults 500=5%,502=2%,timeout=1%] [--kills 20]

The rate that the budget allows is the plan's points per second over what one product costs as the shop itself reckons
it, measured by a naive loop of ``productSet`` beside it. A batch is not charged by product, so that it may go beyond.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring import run

_MERCAT = str(Path(sys.executable).with_name("mercat"))
_POINTS_PER_S = 1000
_MUTATION = """
mutation Set($input: ProductSetInput!) {
  productSet(input: $input, synchronous: true) { product { id } userErrors { message } }
}
"""


def write_catalogue(path: Path, products: int, *, changed: float = 0.0) -> None:
    """Products of two variants and five metafields, as JSON Lines; of a share of them another price."""
    with path.open("w", encoding="utf-8") as out:
        for n in range(products):
            price = price_of(n, changed=changed)
            variants = [
                {"sku": f"P-{n}-{size}", "price": price, "currency": "USD", "options": {"Size": size}}
                for size in ("S", "L")
            ]
            fields = {
                f"custom.field_{k}": {"type": "single_line_text_field", "value": value}
                for k, value in enumerate(values_of(n))
            }
            document = {"name": f"Product {n}", "brand": "Acme", "variants": variants, "metafields": fields}
            out.write(json.dumps(document) + "\n")


def price_of(n: int, *, changed: float) -> str:
    """What the product costs before or after a share of them changed."""
    return f"{10 + n % 90 + (1 if n % 100 < changed * 100 else 0)}.50"


def values_of(n: int) -> list[str]:
    """Its five metafields."""
    return [f"{k} of {n}" for k in range(5)]


@contextmanager
def shop(faults: str) -> Iterator[str]:
    """A loopback shop of 1,000 points/s in a process of its own; its address."""
    command = [_MERCAT, "sandbox", "shopify", "--port", "0", "--plan", "plus", "--json"]
    command += ["--faults", faults] if faults else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = ""
        for line in process.stdout or ():
            told += line
            if line.startswith("}"):
                break
        try:
            yield json.loads(told)["url"]
        finally:
            process.send_signal(signal.SIGINT)


def naive(url: str, products: int) -> dict[str, float]:
    """A loop of productSet calls that waits a second where it is throttled."""
    with urllib.request.urlopen(f"{url}/__sandbox__/credentials") as answer:
        token = json.load(answer)["access_token"]
    sent, points, throttled, started = 0, 0.0, 0, time.perf_counter()
    while sent < products:
        body = json.dumps({"query": _MUTATION, "variables": {"input": _naive_input(sent)}}).encode()
        headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/admin/api/2026-10/graphql.json", body, headers)
        with urllib.request.urlopen(request) as answer:
            told = json.load(answer)
        if told.get("errors"):
            throttled += 1
            time.sleep(1)
            continue
        points += told["extensions"]["cost"]["actualQueryCost"]
        sent += 1
    seconds = time.perf_counter() - started
    return {"products": sent, "per_second": sent / seconds, "points_each": points / sent, "throttled": throttled}


def _naive_input(n: int) -> dict[str, Any]:
    return {
        "title": f"Naive {n}",
        "productOptions": [{"name": "Size", "values": [{"name": "S"}, {"name": "L"}]}],
        "variants": [
            {"optionValues": [{"optionName": "Size", "name": size}], "price": "1.00", "sku": f"N-{n}-{size}"}
            for size in ("S", "L")
        ],
        "metafields": [
            {"namespace": "custom", "key": f"field_{k}", "type": "single_line_text_field", "value": str(k)}
            for k in range(5)
        ],
    }


def publish(environment: dict[str, str], *more: str) -> dict[str, Any]:
    """``mercat publish``: its answer, and how fast it was."""
    done = run(_MERCAT, "publish", "shop", "--yes", "--json", *more, environment=environment)
    told = done.printed
    return {**told, "cpu_seconds": round(done.cpu_seconds, 2), "peak_memory_mb": round(done.peak_memory_mb, 1)}


def kill_often(environment: dict[str, str], times: int) -> int:
    """Start publishing and kill it at a random moment, so many times; how often it was really in the middle."""
    hit = 0
    dice = random.Random(7)
    for _ in range(times):
        process = subprocess.Popen([_MERCAT, "publish", "shop", "--yes"], env={**os.environ, **environment})
        try:
            process.wait(dice.uniform(1, 15))
        except subprocess.TimeoutExpired:
            process.kill()
            hit += 1
        process.wait()
    return hit


def compared(url: str, products: int) -> dict[str, int]:
    """What the shop shows beside what it should, product by product: fields, variants with prices, metafields."""
    with urllib.request.urlopen(f"{url}/__sandbox__/state") as answer:
        state = json.load(answer)
    shown = [each for each in state["products"] if not each["title"].startswith("Naive")]
    titles = [each["title"] for each in shown]
    wanted = {f"Product {n}": expected(n) for n in range(products)}
    return {
        "shown": len(shown),
        "right": sum(wanted.get(each["title"]) == told(each) for each in shown),
        "files": len(state["files"]),
        "twice": len(titles) - len(set(titles)),
        "missing": len(wanted.keys() - set(titles)),
    }


def expected(n: int) -> tuple[Any, ...]:
    """What a shop tells of a product that is as the second catalogue says."""
    price = price_of(n, changed=0.01)
    return "Acme", "ACTIVE", [(f"P-{n}-S", price, ["S"]), (f"P-{n}-L", price, ["L"])], values_of(n)


def told(product: dict[str, Any]) -> tuple[Any, ...]:
    """The same of what it shows."""
    variants = [(each["sku"], each["price"], each["options"]) for each in product["variants"]]
    fields = product["metafields"]
    return product["vendor"], product["status"], variants, [fields[f"custom.field_{k}"]["value"] for k in range(5)]


def measure(products: int, faults: str, kills: int) -> dict[str, Any]:
    """The whole of it."""
    report: dict[str, Any] = {"products": products, "faults": faults, "load_average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder, shop(faults) as url:
        environment = {"MERCAT_HOME": f"{folder}/home"}
        run(_MERCAT, "init", environment=environment)
        first, second = Path(folder, "first.jsonl"), Path(folder, "second.jsonl")
        write_catalogue(first, products)
        write_catalogue(second, products, changed=0.01)
        run(_MERCAT, "import", str(first), "--supplier", "b", "--yes", environment=environment)
        run(_MERCAT, "store", "add", "shopify", "shop", "--sandbox", url, environment=environment)
        if not faults:
            report["naive"] = naive(url, min(products, 500))
        report["killed"] = kill_often(environment, kills)
        report["first"] = publish(environment)
        report["again"] = publish(environment)
        run(_MERCAT, "import", str(second), "--supplier", "b", "--yes", environment=environment)
        report["one_percent"] = publish(environment)
        report["shop"] = compared(url, products)
    if "naive" in report and report["first"]["seconds"]:
        allowed = _POINTS_PER_S / report["naive"]["points_each"]
        rate = report["first"]["created"] / report["first"]["seconds"]
        report["rate"] = {"allowed_per_second": allowed, "per_second": rate, "share_pct": rate * 100 / allowed}
    return report


def main() -> None:
    """Measure and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--faults", default="", help="as in mercat sandbox shopify --faults")
    parser.add_argument("--kills", type=int, default=0, help="kill the publisher so many times first")
    given = parser.parse_args()
    json.dump(measure(given.products, given.faults, given.kills), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
