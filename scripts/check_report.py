#!/usr/bin/env python3
"""Opens a report of mixcl in headless Chromium, as wide as a desktop and as a phone, and fails where the page has
errors, asks the network for anything, has a picture that cannot be shown, or scrolls sideways. Needs chromium.

usage: scripts/check_report.py REPORT.html [FOLDER]     FOLDER takes pictures of the page, desktop.png and phone.png
"""
import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
MEASURE = """JSON.stringify({
    wide: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth,
    high: document.documentElement.scrollHeight, title: document.title, lang: document.documentElement.lang,
    pictures: document.images.length,
    blind: [...document.images].filter(i => !i.hasAttribute('alt')).length,
    broken: [...document.images].filter(i => !(i.complete && i.naturalWidth)).length})"""


class Browser:
    """One tab of Chromium, spoken to by its DevTools protocol over a WebSocket (RFC 6455)."""

    def __init__(self, port):
        deadline = time.time() + 30
        while True:
            try:
                tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
                break
            except OSError:
                if time.time() > deadline:
                    raise
                time.sleep(0.2)
        address = next(tab for tab in tabs if tab["type"] == "page")["webSocketDebuggerUrl"]
        path = address.split(str(port), 1)[1]
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: bWl4Y2wgcmVwb3J0ISEhIQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        reply = b""
        while not reply.endswith(b"\r\n\r\n"):
            reply += self.read(1)
        self.number, self.events = 0, []

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                sys.exit("Chromium went away")
            data += piece
        return data

    def receive(self):
        text, final = b"", False
        while not final:
            first, length = self.read(2)
            final = first & 0x80
            if length == 126:
                length = struct.unpack(">H", self.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.read(8))[0]
            text += self.read(length)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        text = json.dumps({"id": self.number, "method": method, "params": parameters}).encode()
        size = struct.pack(">BBH", 0x81, 0x80 | 126, len(text))
        self.socket.sendall(size + bytes(4) + text)  # masked with zeros
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                return message.get("result", {})
            self.events.append(message)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())


def problems_of(browser, seen):
    problems = []
    for event in browser.events:
        method, data = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            problems.append(f"exception: {data['exceptionDetails']['text']}")
        if method == "Log.entryAdded" and data["entry"]["level"] in ("error", "warning"):
            problems.append(f"console: {data['entry']['text']}")
        if method == "Network.requestWillBeSent" and not data["request"]["url"].startswith(("data:", "file:")):
            problems.append(f"request: {data['request']['url']}")
    if seen["wide"] > seen["seen"]:
        problems.append(f"scrolls sideways: {seen['wide']} pixels on a page of {seen['seen']}")
    if seen["broken"]:
        problems.append(f"{seen['broken']} pictures cannot be shown")
    if seen["blind"]:
        problems.append(f"{seen['blind']} pictures have no alt text")
    if not seen["title"] or not seen["lang"]:
        problems.append("no title or no language")
    return problems


def check(browser, page, name, folder):
    width, height = SIZES[name]
    browser.events = []
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.call(f"{domain}.enable")
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=name == "phone")
    browser.call("Page.navigate", url=page.resolve().as_uri())
    browser.wait_for("Page.loadEventFired")
    seen = json.loads(browser.call("Runtime.evaluate", expression=MEASURE)["result"]["value"])
    if folder:
        clip = {"x": 0, "y": 0, "width": width, "height": seen["high"], "scale": 1}
        shot = browser.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        (folder / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))
    problems = problems_of(browser, seen)
    print(f"{name}: {width} pixels wide, {seen['high']} high, {seen['pictures']} pictures, "
          f"{len(problems)} problems")
    for problem in problems:
        print(f"  {problem}")
    return not problems


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        sys.exit("chromium is not here; on Debian, the package chromium")
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        process = subprocess.Popen(
            [program, "--headless", *sandbox, "--disable-gpu", "--no-first-run", "--hide-scrollbars",
             f"--remote-debugging-port={port}", f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            browser = Browser(port)
            good = [check(browser, pathlib.Path(sys.argv[1]), name, folder) for name in SIZES]
        finally:
            process.terminate()
            process.wait()
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
