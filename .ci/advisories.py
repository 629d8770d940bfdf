"""Whether a dependency is known to be weak: fails where one is, and says so where no service of advisories answers."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Audit what the lock resolves to."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        exported = [
            "uv",
            "export",
            "--quiet",
            "--no-hashes",
            "--no-emit-project",
            "--no-dev",
            "--output-file",
            str(listed),
        ]
        subprocess.run(exported, check=True, stdout=subprocess.DEVNULL)
        audit = ["uvx", "--quiet", "pip-audit", "--disable-pip", "--no-deps", "--format", "json", "-r", str(listed)]
        done = subprocess.run(audit, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"not audited: {done.stderr.strip().splitlines()[-1:]}")
        return 0
    skipped = [each for each in packages if "skip_reason" in each]
    weak = [each for each in packages if each.get("vulns")]
    print(f"{len(packages) - len(skipped)} of {len(packages)} dependencies audited, {len(weak)} with advisories")
    for each in weak:
        print(f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
