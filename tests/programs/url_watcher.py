"""Watches addresses with urllib alone: requests with headers, openers with cookies, HTTP errors as values, a report."""

import csv
import http.client
import http.cookiejar
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

BASE = os.environ.get("LIBRARY") or sys.exit("LIBRARY is not set")


class Noted(urllib.request.BaseHandler):
    """Writes down every request that passes, as urllib's handlers can."""

    def http_request(self, request):
        with open("passed.txt", "a") as file:
            file.write(f"{request.get_method()} {request.selector}\n")
        return request

    def http_response(self, request, response):
        response.noted = response.status
        return response


def check(opener, path, **query):
    url = urllib.parse.urljoin(BASE, path) + ("?" + urllib.parse.urlencode(query) if query else "")
    try:
        with opener.open(urllib.request.Request(url, headers={"User-Agent": "watcher"}), timeout=3) as response:
            return {"path": path, "status": response.status, "bytes": len(response.read())}
    except urllib.error.HTTPError as error:
        return {"path": path, "status": error.code, "bytes": len(error.read())}
    except (urllib.error.URLError, TimeoutError) as error:
        return {"path": path, "status": type(error).__name__, "bytes": 0}


def main():
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), Noted())
    rows = [check(opener, path) for path in ("/books", "/books/2", "/books/99", "/moved")]
    rows.append(check(opener, "/flaky/1", attempt=1))
    rows.append(check(opener, "http://127.0.0.1:1/"))
    with open("report.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "status", "bytes"])
        writer.writeheader()
        writer.writerows(rows)
    print(open("report.csv").read().replace("\r", ""), [cookie.name for cookie in jar])
    request = urllib.request.Request(f"{BASE}/notes/a%20b", json.dumps(rows[0]).encode(), method="PUT")
    with urllib.request.urlopen(request) as response:
        print(response.getheader("Content-Type"), json.load(response)["stored"]["path"])
    with urllib.request.urlopen(f"{BASE}/text/5") as response:
        first = response.readline(10)
        print(first, response.read(8), len(response.read()), response.url.endswith("/5"))
    print(open("passed.txt").read().split())

    host = urllib.parse.urlsplit(BASE)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=3)
    for path in "/books/1", "/books/3", "/nowhere":
        connection.request("GET", path)
        response = connection.getresponse()
        body = json.loads(response.read())
        print(response.status, response.reason, body.get("title") or body)
    connection.close()


main()
