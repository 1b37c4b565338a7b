"""One batch of scenes, from Stash's answer to what Plex confirmed."""
