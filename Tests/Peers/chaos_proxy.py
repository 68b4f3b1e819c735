#!/usr/bin/env python3
"""A TCP proxy that misbehaves on request, between voxelnas workers and their coordinator.

    chaos_proxy.py --listen 127.0.0.2 --to 127.0.0.1 --ports 7731,7732 [--rate 10e6] [--delay 0.05]
                   [--duplicate 0.05] [--reorder 0.05] [--seed 1]

Workers learn the data port from the coordinator and connect to it on the host that they were given,
so the proxy listens on another loopback address with the same ports. Lines on standard input change
it while it runs: `rate BITS`, `delay SECONDS`, `stall` and `go` (bytes stay where they are, no
connection closes), `cut` (every connection is reset and new ones are refused), `heal`, `reset` (every
connection is reset once), `duplicate P`, `reorder P`, `quit`. It answers each with a line of counts.

Duplicates and reordering work on whole ZeroMQ messages (ZMTP 3, without encryption): a message from a
worker is sent twice, or after the one behind it. Encrypted connections pass unchanged.
"""
import argparse
import random
import selectors
import socket
import struct
import sys
import time

CHUNK = 64 << 10


class Messages:
    """Finds the messages in one direction of a ZMTP connection."""

    def __init__(self):
        self.buffer = b""
        self.greeted = 0
        self.frames = b""
        self.plain = None

    def feed(self, data):
        """Returns (units, whole): byte strings to pass on, and whether each is a whole message."""
        self.buffer += data
        units = []
        if self.greeted < 64:
            part = self.buffer[:64 - self.greeted]
            self.buffer = self.buffer[len(part):]
            if self.plain is None and self.greeted + len(part) >= 64:
                whole = (getattr(self, "head", b"") + part)
                self.plain = whole[12:32].rstrip(b"\0") == b"NULL"
            self.head = getattr(self, "head", b"") + part
            self.greeted += len(part)
            units.append((part, False))
            if self.greeted < 64:
                return units
        if not self.plain:
            units.append((self.buffer, False))
            self.buffer = b""
            return units
        while self.buffer:
            flags = self.buffer[0]
            if flags & 2:
                if len(self.buffer) < 9:
                    break
                head, size = 9, struct.unpack(">Q", self.buffer[1:9])[0]
            else:
                if len(self.buffer) < 2:
                    break
                head, size = 2, self.buffer[1]
            if len(self.buffer) < head + size:
                break
            self.frames += self.buffer[:head + size]
            self.buffer = self.buffer[head + size:]
            if flags & 4:  # a command of the connection itself
                units.append((self.frames, False))
                self.frames = b""
            elif not flags & 1:
                units.append((self.frames, True))
                self.frames = b""
        return units


class Link:
    """One direction of one connection."""

    def __init__(self, source, target, from_worker):
        self.source, self.target, self.from_worker = source, target, from_worker
        self.queue = []  # (when, bytes)
        self.out = b""
        self.waiting = None  # a message that lets the next one pass
        self.messages = Messages()
        self.closed = False

    @property
    def backlog(self):
        return sum(len(data) for _, data in self.queue) + len(self.out)


class Proxy:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.selector = selectors.DefaultSelector()
        self.pairs = {}
        self.links = []
        self.stalled = self.cut = False
        self.tokens = 0.0
        self.filled = time.monotonic()
        self.counts = dict(connections=0, bytes=0, duplicated=0, reordered=0, reset=0)
        self.listeners = []
        for port in options.ports:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((options.listen, port))
            listener.listen(64)
            listener.setblocking(False)
            self.selector.register(listener, selectors.EVENT_READ, ("accept", port))
            self.listeners.append(listener)
        self.selector.register(sys.stdin, selectors.EVENT_READ, ("command", None))

    def run(self):
        self.say()
        while True:
            for key, _ in self.selector.select(timeout=0.002 if self.links else 0.1):
                kind, value = key.data
                if kind == "accept":
                    self.accept(key.fileobj, value)
                elif kind == "command":
                    if not self.obey(sys.stdin.readline()):
                        return
                elif not self.stalled and value.backlog < (1 << 20):
                    self.read(value)
            self.pump()

    def say(self):
        print(" ".join(f"{name}={value}" for name, value in self.counts.items()), flush=True)

    def obey(self, line):
        words = line.split()
        if not line or words[:1] == ["quit"]:
            return False
        if words:
            command, value = words[0], float(words[1]) if len(words) > 1 else 0
            if command in ("rate", "delay", "duplicate", "reorder"):
                setattr(self.options, command, value)
            elif command in ("stall", "go"):
                self.stalled = command == "stall"
            elif command in ("cut", "heal"):
                self.cut = command == "cut"
            if command in ("cut", "reset"):
                for link in list(self.links):
                    self.close(link, reset=True)
        self.say()
        return True

    def accept(self, listener, port):
        worker, _ = listener.accept()
        if self.cut:
            return self.reset(worker)
        coordinator = socket.socket()
        try:
            coordinator.connect((self.options.to, port))
        except OSError:
            return self.reset(worker)
        self.counts["connections"] += 1
        for end in (worker, coordinator):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = [Link(worker, coordinator, True), Link(coordinator, worker, False)]
        for link in pair:
            self.pairs[link] = pair
            self.links.append(link)
            self.selector.register(link.source, selectors.EVENT_READ, ("data", link))

    @staticmethod
    def reset(end):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()

    def close(self, link, reset=False):
        for other in self.pairs.get(link, []):
            if other in self.links:
                self.links.remove(other)
                self.selector.unregister(other.source)
                self.counts["reset"] += reset
                self.reset(other.source) if reset else other.source.close()
        for other in self.pairs.pop(link, []):
            self.pairs.pop(other, None)

    def read(self, link):
        try:
            data = link.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            return self.close(link)
        when = time.monotonic() + self.options.delay
        for unit, whole in link.messages.feed(data):
            if not (whole and link.from_worker):
                link.queue.append((when, unit))
                continue
            if link.waiting is not None:
                link.queue += [(when, unit), (when, link.waiting)]
                link.waiting = None
                self.counts["reordered"] += 1
                continue
            if self.random.random() < self.options.reorder:
                link.waiting = unit
                link.waiting_since = time.monotonic()
                continue
            link.queue.append((when, unit))
            if self.random.random() < self.options.duplicate:
                link.queue.append((when, unit))
                self.counts["duplicated"] += 1

    def pump(self):
        now = time.monotonic()
        rate = self.options.rate / 8
        if rate:
            self.tokens = min(rate * 0.05 + 1500, self.tokens + rate * (now - self.filled))
        self.filled = now
        if self.stalled:
            return
        for link in list(self.links):
            if link.waiting is not None and now - link.waiting_since > 0.2:
                link.queue.append((now, link.waiting))  # nothing came to overtake it
                link.waiting = None
            while link.queue and link.queue[0][0] <= now:
                link.out += link.queue.pop(0)[1]
            if not link.out:
                continue
            allowed = min(len(link.out), CHUNK if not rate else int(self.tokens))
            if allowed <= 0:
                continue
            try:
                sent = link.target.send(link.out[:allowed])
            except BlockingIOError:
                continue
            except OSError:
                self.close(link)
                continue
            link.out = link.out[sent:]
            self.tokens -= sent if rate else 0
            self.counts["bytes"] += sent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", default="127.0.0.2")
    parser.add_argument("--to", default="127.0.0.1")
    parser.add_argument("--ports", type=lambda text: [int(port) for port in text.split(",")],
                        required=True)
    for name in ("rate", "delay", "duplicate", "reorder"):
        parser.add_argument("--" + name, type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    Proxy(parser.parse_args()).run()


if __name__ == "__main__":
    main()
