"""Everything that speaks with Plex."""

import os

# plexapi reads a user's own config file at import: it could change our server, token, headers
# or timeouts. Set here because this runs before any module of ours can import plexapi.
os.environ["PLEXAPI_CONFIG_PATH"] = os.devnull
