"""Which of Shopify's versions this is."""

VERSION = "2026-10"
