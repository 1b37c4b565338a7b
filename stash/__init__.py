"""Everything that speaks with Stash: the plugin protocol and GraphQL."""
