"""The models of everything that comes in from outside (pydantic)."""

import os

# Otherwise pydantic looks through all packages of this Python for plugins, and shows those what is
# validated: there is a token among it. Settled here, before any module of ours can import pydantic.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
