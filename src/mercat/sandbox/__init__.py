"""Stand-ins for the outside world: what the demo, the tests and anyone without an account can play with."""
