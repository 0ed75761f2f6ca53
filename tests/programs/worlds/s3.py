"""A small S3 of its own for each program: buckets in memory, listed in pages; `/state` prints all. Prints its address."""

import http.server
import re
import urllib.parse
from xml.sax.saxutils import escape

BUCKETS = {}
UPLOADS = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def asked(self):
        parts = urllib.parse.urlsplit(self.path)
        bucket, _, key = urllib.parse.unquote(parts.path).lstrip("/").partition("/")
        return bucket, key, dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))

    def body(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "chunked" in (self.headers.get("Content-Encoding") or ""):
            chunks, rest = [], data
            while rest:
                head, _, rest = rest.partition(b"\r\n")
                size = int(head.partition(b";")[0], 16)
                if not size:
                    break
                chunks.append(rest[:size])
                rest = rest[size + 2 :]
            data = b"".join(chunks)
        return data

    def do_PUT(self):
        bucket, key, _ = self.asked()
        data = self.body()
        if key:
            BUCKETS[bucket][key] = data
            UPLOADS.append(key)
        else:
            BUCKETS.setdefault(bucket, {})
        self.answer(200, ETag=f'"{len(data)}"')

    def do_DELETE(self):
        bucket, key, _ = self.asked()
        BUCKETS[bucket].pop(key, None)
        self.answer(204)

    def do_GET(self):
        bucket, key, query = self.asked()
        if bucket == "state":
            text = "\n".join(f"{name}/{key} {data!r}" for name, held in sorted(BUCKETS.items()) for key, data in sorted(held.items()))
            self.answer(200, text.encode())
        elif key and key in BUCKETS.get(bucket, {}):
            self.answer(200, BUCKETS[bucket][key], ETag=f'"{len(BUCKETS[bucket][key])}"')
        elif key:
            self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>There is no such key.</Message></Error>")
        else:
            self.answer(200, listing(bucket, query), Content_Type="application/xml")

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


def listing(bucket, query):
    keys = [key for key in sorted(BUCKETS[bucket]) if key.startswith(query.get("prefix", ""))]
    start = int(query.get("continuation-token") or 0)
    size = int(query.get("max-keys") or 1000)
    shown, is_more = keys[start : start + size], start + size < len(keys)
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(BUCKETS[bucket][key])}</Size></Contents>" for key in shown
    )
    more = f"<NextContinuationToken>{start + size}</NextContinuationToken>" if is_more else ""
    return (
        f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>{str(is_more).lower()}</IsTruncated>"
        f"<KeyCount>{len(shown)}</KeyCount>{contents}{more}</ListBucketResult>"
    ).encode()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
address = f"http://127.0.0.1:{server.server_port}"
print(
    f"AWS_ENDPOINT_URL={address} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=eu-central-1", flush=True
)
server.serve_forever()
