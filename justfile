# Format, lint, types, rooms, dependencies, tests: the same as CI
check:
    .ci/run

# Format and fix what can be fixed by itself
fix:
    uv run ruff check --fix .
    uv run ruff format .

# Run tests; arguments go to pytest
test *args:
    uv run pytest {{ args }}

# The import contracts, the house tests, and the proof that both bite
rooms:
    uv run lint-imports
    uv run pytest tests/architecture

# The README's pictures, from what the demo shows (needs Chromium)
screenshots:
    uv run python -m tests.web.screenshots
