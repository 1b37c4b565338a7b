"""Finding what nobody told us of, at next to no cost."""
