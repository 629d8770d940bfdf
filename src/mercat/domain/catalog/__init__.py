"""What we sell: products, categories, and the change sets that are the one door to them."""
