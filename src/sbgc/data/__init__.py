"""Images in: what is fetched, split and dequantized."""
