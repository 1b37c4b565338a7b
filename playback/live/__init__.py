"""What Plex tells as it happens, so that it is asked sooner."""
