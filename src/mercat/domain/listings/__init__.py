"""What we show where: stores at channels, a listing for each product there, and how the two are kept the same."""
