"""A trial of how a Plex behaves, as a person asks for it."""
