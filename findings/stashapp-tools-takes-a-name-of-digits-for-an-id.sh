#!/bin/sh
# stashapp-tools 0.2.59: find_studio takes a name, but one that consists of digits for an id, also as
# a text. A studio called "1984" is never looked up by its name: who asks for it gets the one whose
# id is 1984, if there is one.
# Seen against a GraphQL server that notes the variables it is sent: the id 1984, and no name.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install stashapp-tools==0.2.59
found=$("$work/venv/bin/python" - <<'PY'
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stashapi.stashapp import StashInterface

logging.disable()
asked = []


class Stash(BaseHTTPRequestHandler):
    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        query, variables = question["query"], question.get("variables") or {}
        data = {
            "version": {"version": "v0.30.1", "hash": "", "build_time": ""},
            "configuration": {"general": {"apiKey": ""}},
            "__schema": {"types": []},
            "findStudio": {"id": "1984", "name": "Another Studio"},
        }
        if "findStudio" in query:
            asked.append(variables)
        body = json.dumps({"data": {name: each for name, each in data.items() if name in query}})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Stash)
threading.Thread(target=server.serve_forever, daemon=True).start()
stash = StashInterface({"Host": "127.0.0.1", "Port": server.server_port})
studio = stash.find_studio("1984", fragment="id name")
print(asked, studio)
PY
)
echo "asked for, got: $found"
test "$found" = "[{'id': 1984}] {'id': '1984', 'name': 'Another Studio'}"
