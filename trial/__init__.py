"""Finding out how a Plex server behaves: a trial on one item, and a canary before many."""
