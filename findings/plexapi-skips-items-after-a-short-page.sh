#!/bin/sh
# plexapi 4.18.3 pages through a listing by the size that it asked for, not by what came. A server
# that answers with fewer items than that, which the protocol allows, makes it leave out what lies
# between, without an error; totalSize, which it has read, isn't compared with what it got.
# Seen against a server of ten films that sends at most two a page, asked for five at a time: the
# films 1, 2, 6 and 7.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install plexapi==4.18.3
found=$("$work/venv/bin/python" - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from plexapi.server import PlexServer


class Films(BaseHTTPRequestHandler):
    def do_GET(self):
        start = int(self.headers.get("X-Plex-Container-Start", 0))
        films = "".join(
            f'<Video type="movie" ratingKey="{number}" title="Film {number}"/>'
            for number in range(start + 1, min(start + 2, 10) + 1)
        )
        body = f'<MediaContainer size="2" totalSize="10" offset="{start}">{films}</MediaContainer>'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Films)
threading.Thread(target=server.serve_forever, daemon=True).start()
plex = PlexServer(f"http://127.0.0.1:{server.server_port}", "none")
films = plex.fetchItems("/library/sections/1/all", container_size=5)
print(*(film.ratingKey for film in films))
PY
)
echo "of ten films: $found"
test "$found" = "1 2 6 7"
