"""A Plex Media Server and a Stash that speak HTTP, for the demo, the tests and the benchmarks."""
