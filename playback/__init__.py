"""What comes back from Plex: plays, positions and ratings."""
