"""Everything that speaks with Plex."""

import os
import sys

# plexapi takes its settings from a user's own file and from the environment: they could change our
# server, token, headers or timeouts, or have it log to a file with secrets in it. Settled here,
# because this runs before any module of ours can import plexapi.
for _name in [each for each in os.environ if each.upper().startswith("PLEXAPI_")]:
    del os.environ[_name]
os.environ["PLEXAPI_CONFIG_PATH"] = os.devnull
# Otherwise reading an empty attribute of a plexapi object is a hidden request.
os.environ["PLEXAPI_PLEXAPI_AUTORELOAD"] = "false"
# It asks for the system's name, and Python would start `uname` for that of the processor as well.
if "site" in sys.modules:  # or no package can be loaded
    import platform

    getattr(platform.uname(), "__dict__", {})["processor"] = ""
