"""PlexSync's front door: Stash, a person or the plugin itself starts it. See entry/."""

import sys

from entry.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
