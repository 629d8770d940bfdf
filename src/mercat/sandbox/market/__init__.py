"""Loopback sources of the market: Keepa's API and Amazon's Selling Partner API, strict, with a market that moves."""

from mercat.sandbox.market.running import KINDS, RunningSource, running, serve

__all__ = ["KINDS", "RunningSource", "running", "serve"]
