"""Which Plex item is this file of a scene: path index, mappings, learned prefixes, look-up."""
