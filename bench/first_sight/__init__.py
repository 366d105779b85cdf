"""Wrong answers by others, every mistake once more: measured as they came, and nothing was mended by them."""
