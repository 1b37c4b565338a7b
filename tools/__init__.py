"""What builds the package; not part of it."""
