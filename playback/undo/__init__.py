"""Taking back what came from Plex."""
