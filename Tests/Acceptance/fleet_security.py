"""What security and operations must show.

Needs pyzmq, and protobuf with protoc for messages that are well formed. VOXELNAS_LONG=1 sends ten
million hostile messages instead of one million. VOXELNAS_BINARIES names a folder with `voxelnas`
and `FleetBenchmark` in place of .build/release.
"""
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Peers")]
import figures
from crc32c import crc32c
from figures import BINARY, ROOT, Topic, need_module

BINARIES = pathlib.Path(os.environ.get("VOXELNAS_BINARIES", BINARY.parent))
figures.BINARY = BINARIES / "voxelnas"
from figures import voxelnas

topic = Topic.named("elasticity", products=('voxelnas', 'FleetBenchmark'))
LONG = bool(os.environ.get("VOXELNAS_LONG"))


def wait_for(condition, seconds, what):
    end = time.time() + seconds
    while time.time() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise RuntimeError(f"{what}: not within {seconds} s")


def resident(pid):
    """Megabytes in memory."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


class House:
    """A coordinator with a small run, and what it needs around it."""

    def __init__(self, name, keys=True, workers=0):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"voxelnas-{name}-"))
        self.run = self.folder / "run"
        self.keys = self.folder / "keys"
        scans = self.folder / "scans"
        voxelnas("data", "phantom", scans, "--patients", 8, "--size", 48)
        source = scans / "run.yaml"
        shutil.copy(ROOT / "Docs" / "Examples" / "phantoms.yaml", source)
        if keys:
            for who, role in (("node", "worker"), ("mallory", "worker"), ("root", "admin")):
                self.issue(who, role)
        command = "search" if workers else "coordinator"
        options = ["--workers", str(workers)] if workers else []
        options += ["--keys", str(self.keys)] if keys else []
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(
            [str(figures.BINARY), command, str(source), "--output", str(self.run),
             "--set", "search.epochs=100000", "--set", "search.microBatches=2",
             "--listen", f"127.0.0.1:{free_ports()}", *options],
            stdout=self.log, stderr=self.log)
        wait_for(lambda: (self.run / "endpoint.json").exists() or self.process.poll() is not None,
                 180, "a coordinator")
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        self.endpoint = json.loads((self.run / "endpoint.json").read_text())
        self.host, port = self.endpoint["address"].rsplit(":", 1)
        self.port = int(port)
        self.others = []

    def issue(self, who, role="worker"):
        voxelnas("keys", "issue", who, "--role", role, "--keys", self.keys)

    def key(self, who):
        return json.loads((self.keys / f"{who}.key").read_text())

    def worker(self, *options):
        log = open(self.folder / f"worker-{len(self.others)}", "w")
        process = subprocess.Popen(
            [str(figures.BINARY), "worker", "--connect", self.endpoint["address"], "--threads", "1",
             "--cache", str(self.folder / "cache"), *map(str, options)], stdout=log, stderr=log)
        self.others.append(process)
        return process

    def events(self, *kinds):
        lines = (self.run / "events.jsonl").read_text().splitlines()
        return [e for e in map(json.loads, lines) if not kinds or e["kind"] in kinds]

    def status(self):
        return json.loads(voxelnas("status", self.run, "--json").stdout)["coordinator"]

    def accepted(self):
        return sum(w["accepted"] for w in self.status()["workers"])

    def close(self):
        for process in [*self.others, self.process]:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def free_ports():
    """A port with two free ones after it."""
    while True:
        first = random.randrange(20000, 50000)
        sockets = [socket.socket() for _ in range(3)]
        try:
            for offset, one in enumerate(sockets):
                one.bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()


# ---------------------------------------------------------------- bytes

def parts(kind, fields=b"", payload=b"", epoch=0, length=None, major=1, crc=None):
    """A message with a right checksum, whatever it holds."""
    start = struct.pack("<IBBHIII", 0x534E5856, major, 3, kind, 0, epoch,
                        len(fields) if length is None else length)
    whole = start + struct.pack("<I", crc32c(start + fields + payload) if crc is None else crc)
    return [whole, fields] + ([payload] if payload else [])


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def text_field(number, text):
    data = text.encode()
    return varint(number << 3 | 2) + varint(len(data)) + data


def hello(name, nonce=7, fingerprint=""):
    # minimum, maximum, name, nonce (fixed64), cores, slots, fingerprint
    return parts(1, varint(1 << 3) + varint(0x103) + varint(2 << 3) + varint(0x103)
                 + text_field(3, name) + varint(4 << 3 | 1) + struct.pack("<Q", nonce)
                 + varint(5 << 3) + varint(1) + varint(7 << 3) + varint(1)
                 + text_field(10, fingerprint))


def connect(port, identity, key=None, server=None, context=None):
    import zmq
    context = context or zmq.Context.instance()
    lane = context.socket(zmq.DEALER)
    lane.setsockopt(zmq.ROUTING_ID, identity)
    lane.setsockopt(zmq.LINGER, 0)
    if key:
        lane.setsockopt(zmq.CURVE_SERVERKEY, (server or key["coordinator"]).encode())
        lane.setsockopt(zmq.CURVE_PUBLICKEY, key["publicKey"].encode())
        lane.setsockopt(zmq.CURVE_SECRETKEY, key["secretKey"].encode())
    lane.connect(f"tcp://127.0.0.1:{port}")
    return lane


def answer(lane, seconds=3):
    """The type of the answer and its fields, or nothing."""
    if not lane.poll(int(1000 * seconds)):
        return None
    got = lane.recv_multipart()
    return struct.unpack("<H", got[0][6:8])[0], got[1]


# ---------------------------------------------------------------- refusals

def refused(house, kind, attempt, since):
    """Whether an attempt went unanswered or was rejected, and was logged with its kind."""
    before = len(house.events("refused"))
    result = attempt()
    good = result is None or result[0] == 3
    logged = wait_for(
        lambda: [e for e in house.events("refused")[before:]
                 if any(words in e["text"] for words in since)], 8,
        f"the event of {kind}")
    return good and bool(logged)


@topic.figure("strangers, wrong keys, revoked keys, thieves, worker keys for admin",
              "5 of 5 refused and logged")
def refusals():
    zmq = need_module("zmq")
    done = []
    with House("refusals") as house:
        node = house.worker("--key", house.keys / "node.key")
        wait_for(lambda: house.accepted() > 3, 120, "a worker at work")
        peer = house.status()["workers"][0]["peer"].encode()

        def knock(port, key=None, identity=b"w00000000000000aa", name="node"):
            lane = connect(port, identity, key)
            lane.send_multipart(hello(name))
            try:
                return answer(lane)
            finally:
                lane.close()

        if refused(house, "no key", lambda: knock(house.port),
                   # Whoever sees first that the mechanisms differ hangs up.
                   ("showed no key", "before it had shown a key")):
            done.append("unauthenticated")
        public, secret = zmq.curve_keypair()
        forged = {"publicKey": public.decode(), "secretKey": secret.decode(),
                  "coordinator": house.key("node")["coordinator"]}
        if refused(house, "a forged key", lambda: knock(house.port, forged),
                   ("nobody was issued",)):
            done.append("wrong key")
        house.issue("gone")
        gone = house.key("gone")
        live = connect(house.port, b"w00000000000000bb", gone)
        live.send_multipart(hello("gone"))
        first = answer(live)
        voxelnas("keys", "revoke", "gone", "--keys", house.keys)
        cut = answer(live)
        live.close()
        if (first is not None and first[0] in (2, 3) and cut is not None and cut[0] == 3
                and b"revoked" in cut[1]
                and refused(house, "a revoked key", lambda: knock(house.port, gone), ("revoked",))):
            done.append("revoked key, live and new")
        admin = house.port + 2
        if refused(house, "a worker's key", lambda: knock(admin, house.key("mallory")),
                   ("has a key for workers",)):
            over = connect(house.port, b"w00000000000000cc", house.key("mallory"))
            over.send_multipart(parts(66, text_field(1, "stop")))
            reply = answer(over)
            over.close()
            if reply is not None and reply[0] == 3 and house.process.poll() is None:
                done.append("worker key for admin")
        if refused(house, "theft",
                   lambda: knock(house.port, house.key("mallory"), identity=peer),
                   ("address",)):
            count = house.accepted()
            wait_for(lambda: house.accepted() > count, 30, "the victim goes on")
            if node.poll() is None:
                done.append("identity theft")
        kinds = sorted({e["text"].split(":")[0] for e in house.events("refused")})
        print(f"# events: {kinds}", file=sys.stderr)
    return f"{len(done)} of 5 ({', '.join(done)})", len(done) == 5


@topic.figure("a worker in Python, written from Docs/Protocol.md", "joins, is refused, reads")
def python_worker():
    for module in ("zmq", "google.protobuf"):
        need_module(module)
    result = subprocess.run(
        [sys.executable, str(HERE.parent / "Peers" / "wire_client.py"), "--voxelnas",
         str(figures.BINARY)], capture_output=True, text=True, timeout=300)
    lines = result.stdout.splitlines()
    said = [line for line in lines if line.startswith("ok: ")]
    if result.returncode != 0 or not said:
        raise RuntimeError((lines or ["nothing"])[-1] + result.stderr[-300:])
    return f"{len(said)} of {len(lines)} checks", len(said) == len(lines)


@topic.figure("listening to others without keys", "refused, exit code 77")
def unprotected():
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        voxelnas("data", "phantom", folder / "scans", "--patients", 8, "--size", 48)
        shutil.copy(ROOT / "Docs" / "Examples" / "phantoms.yaml", folder / "scans" / "run.yaml")
        result = voxelnas("coordinator", folder / "scans" / "run.yaml", "--output", folder / "run",
                          "--listen", f"0.0.0.0:{free_ports()}", check=False, timeout=120)
        ok = result.returncode == 77 and "voxelnas keys issue" in result.stderr
        return f"exit code {result.returncode}", ok
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------- hostile peers

def hostile_messages(epoch):
    """A few thousand messages of every bad kind; what they say is drawn from a seed."""
    draw = random.Random(7)
    valid = [hello("x", fingerprint="f"), parts(4, varint(1 << 3) + varint(5), epoch=epoch),
             parts(16, varint(1 << 3) + varint(1), epoch=epoch),
             parts(7, text_field(1, "bye"), epoch=epoch),
             parts(34, varint(1 << 3 | 1) + bytes(8), epoch=epoch),
             parts(35, varint(1 << 3 | 1) + bytes(8), bytes(1000), epoch=epoch),
             parts(64, text_field(1, "status")), parts(66, text_field(1, "stop"))]
    out = []
    for _ in range(1000):  # random bytes in random parts
        out.append([draw.randbytes(draw.choice([0, 1, 24, 24, 100, 4000]))
                    for _ in range(draw.randrange(1, 5))])
    for _ in range(1000):  # flipped bits
        message = [bytearray(part) for part in draw.choice(valid)]
        part = draw.choice([p for p in message if p])
        part[draw.randrange(len(part))] ^= 1 << draw.randrange(8)
        out.append([bytes(p) for p in message])
    for _ in range(500):  # cut
        message = draw.choice(valid)
        out.append([part[:draw.randrange(len(part) + 1)] for part in message])
    for _ in range(500):  # lengths of everything up to 2^64
        huge = varint(draw.choice([1 << 31, 1 << 32, (1 << 63) - 1, (1 << 64) - 1]))
        out.append(parts(draw.choice([1, 17, 48, 50]), varint(draw.randrange(1, 16) << 3 | 2) + huge))
        out.append(parts(1, b"", length=draw.choice([1, 1 << 20, (1 << 32) - 1])))
    for kind in (4, 6, 18, 48):  # lists without end, of numbers and of messages
        out.append(parts(kind, (varint(4 << 3) + b"\0") * 16000, epoch=epoch))
        out.append(parts(kind, (varint(8 << 3 | 2) + b"\0") * 16000, epoch=epoch))
    for kind in range(0, 80):  # every type, empty, in every state
        out.append(parts(kind, epoch=epoch))
        out.append(parts(kind, epoch=epoch + 1))
        out.append(parts(kind, bytes(draw.randbytes(30)), epoch=epoch))
    for count in (4, 5, 50):
        out.append([b"x"] * count)
    out += [message for message in valid for _ in range(20)]  # right, by strangers, again and again
    draw.shuffle(out)
    return out


@topic.figure("hostile messages: crashes, growth of memory in MiB, the run goes on",
              "0, <= 50, yes")
def hostile():
    zmq = need_module("zmq")
    count = 10_000_000 if LONG else 1_000_000
    with House("hostile", keys=False, workers=1) as house:
        wait_for(lambda: house.accepted() > 10, 180, "a worker at work")
        messages = hostile_messages(house.status()["epoch"])
        context = zmq.Context()
        lanes = [connect(house.port + offset, f"w{number:016x}".encode(), context=context)
                 for number in range(8) for offset in (0, 1)]

        def send(total):
            for index in range(total):
                lane = lanes[index % len(lanes)]
                lane.send_multipart(messages[index % len(messages)], copy=True)
                if index % 64 == 0:
                    while lane.poll(0):
                        lane.recv_multipart()

        send(50_000)
        time.sleep(2)
        before, done = resident(house.process.pid), house.accepted()
        start = time.time()
        peak = before
        sent = 0
        while sent < count:
            send(50_000)
            sent += 50_000
            if house.process.poll() is not None:
                raise RuntimeError("the coordinator died: " + (house.folder / "log").read_text()[-500:])
            peak = max(peak, resident(house.process.pid))
        seconds = time.time() - start
        time.sleep(2)
        peak = max(peak, resident(house.process.pid))
        status = house.status()
        goes_on = house.accepted() > done
        context.destroy(linger=0)
        growth = peak - before
    return (f"0, {growth:.0f}, {'yes' if goes_on else 'no'} ({sent / 1e6:.0f} million in "
            f"{seconds:.0f} s, {status['malformed']} counted as malformed)",
            growth <= 50 and goes_on)


def raw_handshake(port):
    """A ZMTP 3 connection without security, made by hand, as no library of the protocol would."""
    lane = socket.create_connection(("127.0.0.1", port))
    lane.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
    got = b""
    while len(got) < 64:
        got += lane.recv(64 - len(got))
    ready = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
    lane.sendall(bytes([4, len(ready)]) + ready)
    lane.recv(100)
    return lane


@topic.figure("messages that never end, 1 GiB: growth of memory in MiB, cut off", "<= 50, yes")
def endless():
    with House("endless", keys=False) as house:
        before = peak = resident(house.process.pid)
        frame = b"\x03" + struct.pack(">Q", 60_000) + bytes(60_000)  # long, more to come
        sent = cuts = 0
        lanes = []
        while sent < 1 << 30 and cuts < 5000:
            if not lanes:
                lanes = [raw_handshake(house.port + number % 2) for number in range(16)]
            for lane in list(lanes):
                try:
                    for _ in range(8):
                        lane.sendall(frame)
                        sent += len(frame)
                except OSError:
                    cuts += 1
                    lanes.remove(lane)
            peak = max(peak, resident(house.process.pid))
        for lane in lanes:
            lane.close()
        if house.process.poll() is not None:
            raise RuntimeError("the coordinator died")
        status = house.status()
        logged = [e for e in house.events("refused") if "without ending" in e["text"]]
        growth = peak - before
        return (f"{growth:.0f}, {'yes' if cuts and logged else 'no'} ({sent >> 20} MiB over "
                f"{cuts} connections, {status['refused']} reports)",
                growth <= 50 and cuts > 0 and bool(logged))


# ---------------------------------------------------------------- many workers

def fleet(*arguments, seconds=600):
    """What FleetBenchmark prints."""
    result = subprocess.run([str(BINARIES / "FleetBenchmark"), *map(str, arguments)],
                            capture_output=True, text=True, timeout=seconds)
    if result.returncode != 0:
        raise RuntimeError(result.stderr[-500:])
    print(f"# {result.stdout.strip()}", file=sys.stderr)
    return json.loads(result.stdout)


@topic.figure("1,000 simulated workers with CURVE: admitted s, tasks/s, control p99 ms",
              "<= 5, >= 1000, <= 50")
def many_workers():
    found = fleet("rounds", 1000, 1000, 5, 256)
    return (f"{found['admittedSeconds']:.1f}, {found['tasksPerSecond']:.0f}, "
            f"{found['controlP99Milliseconds']:.0f}",
            found["admittedSeconds"] <= 5 and found["tasksPerSecond"] >= 1000
            and found["controlP99Milliseconds"] <= 50)


@topic.figure("1,000 simulated workers: all back after the coordinator died, s", "<= 40")
def all_back():
    found = fleet("restart", 1000)
    return f"{found['backSeconds']:.1f}", found["backSeconds"] <= 40


@topic.figure("64 workers with gradients of 3 MB: MB/s, resident MB", "reported")
def large_gradients():
    found = fleet("rounds", 64, 256, 3, 786_432)
    return (f"{found['megabytesPerSecond']:.0f}, {found['residentMegabytes']:.0f}",
            found["megabytesPerSecond"] > 0)


@topic.figure("an hour of workers that join and die: MiB/h after warm-up, descriptors",
              "< 1, flat")
def hour():
    seconds = int(os.environ.get("VOXELNAS_CHURN_SECONDS", "3600"))
    found = fleet("churn", seconds, 50, seconds=seconds + 600)
    first, last = found["descriptorsAfterWarmUp"], found["descriptorsAtEnd"]
    return (f"{found['mebibytesPerHour']:.2f}, {first} to {last} ({found['replaced']} replaced, "
            f"{found['rounds']} rounds in {seconds} s, {found['residentMebibytes']:.0f} MiB)",
            found["mebibytesPerHour"] < 1 and abs(last - first) <= 20 and seconds >= 3600)


# ---------------------------------------------------------------- operations

@topic.figure("a worker without a shared folder: its bits", "as with one")
def fetched_shards():
    with House("shards") as house:
        worker = house.worker("--key", house.keys / "node.key")
        wait_for(lambda: house.accepted() > 3, 120, "a worker that fetches its shards")
        cached = [p for p in (house.folder / "cache").iterdir() if len(p.name) == 64]
        if worker.poll() is not None or not cached:
            raise RuntimeError("nothing was fetched")
        counts = house.status()["counts"]
        return (f"as with one ({len(cached)} files fetched, {counts['foreign']} other inputs)",
                counts["foreign"] == 0 and counts["failures"] == 0)


@topic.figure("pause, drain, checkpoint and stop, from elsewhere with an admin key", "4 of 4")
def steering():
    done = []
    with House("steering") as house:
        house.worker("--key", house.keys / "node.key")
        wait_for(lambda: house.accepted() > 3, 120, "a worker at work")
        far = ["--connect", f"tcp://127.0.0.1:{house.port + 2}", "--key", house.keys / "root.key"]
        voxelnas("pause", *far, "--reason", "measuring")
        time.sleep(2)
        count = house.accepted()
        time.sleep(2)
        first = voxelnas("status", *far).stdout.splitlines()[0]
        if house.accepted() == count and "measuring" in first:
            done.append("pause")
        voxelnas("resume", *far)
        wait_for(lambda: house.accepted() > count, 30, "the run goes on")
        saved = house.run / "search.safetensors"
        before = saved.stat().st_mtime if saved.exists() else 0
        voxelnas("checkpoint", *far)
        wait_for(lambda: saved.exists() and saved.stat().st_mtime > before, 30, "a checkpoint")
        done.append("checkpoint")
        voxelnas("drain", *far, "--worker", "node")
        if house.others[0].wait(timeout=40) == 0:
            done.append("drain")
        house.worker("--key", house.keys / "node.key")
        wait_for(lambda: house.status()["workers"], 60, "a worker")
        voxelnas("stop", *far)
        if house.process.wait(timeout=60) == 75:
            done.append("stop")
        kinds = {e["text"].split(":")[0] for e in house.events("command")}
        print(f"# commands in the event log: {sorted(kinds)}", file=sys.stderr)
    return f"{len(done)} of 4 ({', '.join(done)})", len(done) == 4


@topic.figure("doctor: a fit machine, a wrong key, a closed port", "0, 1, 1")
def doctor():
    codes = []
    with House("doctor") as house:
        address = house.endpoint["address"]
        cache = ["--cache", house.folder / "cache"]
        for connect_to, key in ((address, "node"), (address, "root"), ("127.0.0.1:9", "node")):
            result = voxelnas("doctor", "--connect", connect_to, "--key",
                              house.keys / f"{key}.key", *cache, check=False)
            codes.append(result.returncode)
            print(result.stdout, result.stderr, file=sys.stderr)
    return ", ".join(map(str, codes)), codes == [0, 1, 1]
