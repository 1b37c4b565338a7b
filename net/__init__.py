"""The HTTP manners that we keep towards Plex and Stash alike."""
