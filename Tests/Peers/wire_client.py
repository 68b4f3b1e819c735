#!/usr/bin/env python3
"""Speaks to a live coordinator from Docs/Protocol.md alone, as a worker in another language would.

    pip install pyzmq 'protobuf>=4.21,<6'
    swift build -c release --product voxelnas
    python3 Tests/Peers/wire_client.py [--voxelnas .build/release/voxelnas]

Makes phantoms, starts a coordinator for them in a temporary folder, and checks: strangers, other
versions and another arithmetic are refused with both values named; a greeting with the run's
fingerprint is answered; heartbeats are acknowledged; files of the run come by their SHA-256; the
admin socket pauses the run, and no worker does; the status names this worker; a lease comes
with the digest of its inputs; parameters arrive in chunks by credit; a result of other inputs is
refused; a worker that cannot prepare is named with its reason.
Ends with 0 when all of it holds, 1 when not, and 0 with a line saying so where pyzmq, protobuf or
protoc is absent.
"""

import argparse
import hashlib
import importlib
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from crc32c import crc32c

try:
    import google.protobuf  # noqa: F401
    import zmq
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(0)
if shutil.which("protoc") is None:
    print("skipped: no protoc")
    sys.exit(0)

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAGIC, MAJOR, MINOR = 0x534E5856, 1, 3
VERSION = MAJOR << 8 | MINOR
TYPES = {
    "Hello": 1, "Welcome": 2, "Reject": 3, "Heartbeat": 4, "HeartbeatAck": 5, "Drain": 6,
    "Goodbye": 7, "TaskRequest": 16, "Lease": 17, "Abandon": 18, "TaskFailure": 19,
    "ParamsWant": 32, "ParamsPlan": 33, "ChunkGet": 34, "Chunk": 35, "ShardWant": 36,
    "ShardPlan": 37, "Probe": 38, "GradOffer": 48, "GradWant": 49, "GradAck": 50,
    "StatusQuery": 64, "StatusReply": 65, "AdminCommand": 66, "AdminReply": 67,
}
NAMES = {number: name for name, number in TYPES.items()}
REJECT_VERSION, REJECT_NUMERICS, REJECT_UNKNOWN_SESSION, ACK_REFUSED = 1, 2, 3, 5


def u32(number):
    return struct.pack("<I", number)


def f32(number):
    return struct.pack("<f", number)


def text(string):
    data = string.encode()
    return u32(len(data)) + data


def numbers(pack, values):
    return u32(len(values)) + b"".join(pack(value) for value in values)


def task_digest(task, alpha, blocks):
    """SHA-256 of what decides a task's result; blocks are (operator, kind, bytes)."""
    data = text("voxelnas task 2")
    data += struct.pack("<Q", task.key.round) + u32(task.key.index) + u32(task.kind)
    data += text(task.model)
    if task.HasField("sampled"):
        network = [task.sampled.step, task.sampled.phase, task.sampled.path]
        data += u32(1) + numbers(u32, network)
    else:
        data += u32(2) + numbers(u32, task.fixed.choices)
    data += text(task.volumes) + numbers(u32, task.scans) + u32(task.epoch)
    data += u32(task.augmented) + f32(task.dropout) + f32(task.label_smoothing)
    data += numbers(f32, task.class_weights) + u32(task.exchange)
    data += u32(len(alpha) // 4) + alpha + u32(len(blocks))
    for operator, kind, values in blocks:
        data += text(operator) + u32(kind) + u32(len(values) // 4) + u32(crc32c(values))
    return hashlib.sha256(data).digest()


class Messages:
    """The modules that protoc makes of Protos/."""

    def __init__(self, folder):
        protos = ROOT / "Protos"
        files = sorted(path.name for path in protos.glob("*.proto"))
        subprocess.run(
            ["protoc", f"--python_out={folder}", f"-I{protos}", *files], cwd=protos, check=True)
        sys.path.insert(0, str(folder))
        for name in files:
            module = importlib.import_module(name.replace(".proto", "_pb2"))
            for message in module.DESCRIPTOR.message_types_by_name:
                setattr(self, message, getattr(module, message))


class Lane:
    """One connection: a DEALER whose routing identifier is the same on both lanes."""

    def __init__(self, context, messages, address, identity):
        self.messages = messages
        self.epoch = 0
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.ROUTING_ID, identity)
        self.socket.setsockopt(zmq.LINGER, 500)
        self.socket.connect(address if "://" in address else f"tcp://{address}")

    def send(self, message, payload=b"", major=MAJOR):
        fields = message.SerializeToString()
        start = struct.pack(
            "<IBBHIII", MAGIC, major, MINOR, TYPES[type(message).__name__], 0, self.epoch,
            len(fields))
        parts = [start + u32(crc32c(start + fields + payload)), fields]
        self.socket.send_multipart(parts + ([payload] if payload else []))

    def receive(self, name, seconds=10):
        """The next message of a name, and its payload; other messages are passed over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.socket.poll(int(1000 * max(0, end - time.monotonic()))):
                break
            parts = self.socket.recv_multipart()
            check(len(parts) in (2, 3), "a message has two or three parts")
            header, fields = parts[:2]
            payload = parts[2] if len(parts) == 3 else b""
            magic, major, _, kind, zero, self.epoch, length, crc = struct.unpack(
                "<IBBHIIII", header)
            check((magic, major, zero) == (MAGIC, MAJOR, 0), "the header is the protocol's")
            check(length == len(fields), "the header announces the length of the fields")
            check(crc == crc32c(header[:20] + fields + payload), "the checksum fits")
            if NAMES[kind] == name:
                message = getattr(self.messages, name)()
                message.ParseFromString(fields)
                return message, payload
        raise AssertionError(f"no {name} in {seconds} s")


def check(condition, claim):
    if not condition:
        raise AssertionError(f"not so: {claim}")


def passed(claim):
    print(f"ok: {claim}", flush=True)


def hello(messages, fingerprint, low=VERSION, high=VERSION):
    return messages.Hello(
        protocol_minimum=low, protocol_maximum=high, worker_name="python", boot_nonce=7, cores=1,
        slots=1, numerics_fingerprint=fingerprint)


def status(admin):
    admin.send(admin.messages.StatusQuery(what="status"))
    return json.loads(admin.receive("StatusReply")[1])


def files(data, welcome, payload):
    """Fetches the index of the run's scans by its SHA-256 alone, from the middle on."""
    messages = data.messages
    for place in json.loads(payload)["shards"][1::2]:
        name = bytes.fromhex(place["fingerprint"])
        data.send(messages.ShardWant(shard=name, offset=0, credit_bytes=1 << 20))
        plan, _ = data.receive("ShardPlan")
        check(plan.found and plan.shard == name, "the coordinator has the file")
        chunk, index = data.receive("Chunk")
        check(chunk.transfer == plan.transfer and chunk.offset == 0, "chunks from the start on")
        check(len(index) == plan.bytes <= welcome.chunk_bytes, "the file is whole")
        check(hashlib.sha256(index).digest() == name, "its SHA-256 is its name")
        data.send(messages.ShardWant(shard=name, offset=100, credit_bytes=50))
        data.receive("ShardPlan")
        chunk, part = data.receive("Chunk")
        check((chunk.offset, part) == (100, index[100:150]), "the rest from an offset on")
    data.send(messages.ShardWant(shard=bytes(32), offset=0, credit_bytes=1))
    check(not data.receive("ShardPlan")[0].found, "other files are not to be had")
    passed(f"fetched an index of {plan.bytes or len(index)} bytes by its SHA-256")
    data.epoch = welcome.epoch  # Answers about files are of no incarnation.
    data.send(messages.Probe(sequence=9, reply_bytes=1000), b"12345")
    answer, payload = data.receive("Probe")
    check(answer.sequence == 9 and len(payload) == 1000, "a probe is answered as asked")
    passed("a probe is answered with as many bytes as it asks for")


def steering(admin, lane):
    messages = admin.messages
    epoch = lane.epoch
    lane.send(messages.AdminCommand(command="stop"))
    check(lane.receive("Reject")[0].code == 5, "workers give no commands")
    lane.epoch = epoch  # What the sockets' keeper refuses is of no incarnation.
    admin.send(messages.AdminCommand(command="pause", reason="lunch"))
    check(admin.receive("AdminReply")[0].done, "a run pauses")
    check("lunch" in status(admin)["waiting"], "the status says why")
    lane.send(messages.Heartbeat(sequence=9))
    check(lane.receive("HeartbeatAck")[0].paused, "workers are told")
    admin.send(messages.AdminCommand(command="resume"))
    check(admin.receive("AdminReply")[0].done, "and goes on")
    admin.send(messages.AdminCommand(command="drain", target="nobody"))
    reply, _ = admin.receive("AdminReply")
    check(not reply.done and "nobody" in reply.text, "an unknown worker is named")
    passed("the run pauses and goes on by the admin socket, and by no worker's word")


def refusals(lane):
    """Everything that is refused before admission; returns the run's fingerprint."""
    messages = lane.messages
    lane.send(messages.TaskRequest(slots=1))
    check(lane.receive("Reject")[0].code == REJECT_UNKNOWN_SESSION, "a stranger is refused")
    passed("a stranger's request is refused")

    lane.send(hello(messages, ""), major=9)
    reject = lane.receive("Reject")[0]
    check(reject.code == REJECT_VERSION and "9." in reject.text, "the major version is named")
    lane.send(hello(messages, "", low=0x0900, high=0x0901))
    reject = lane.receive("Reject")[0]
    check(reject.code == REJECT_VERSION, "other versions are refused")
    check(str(0x0900) in reject.text and str(VERSION) in reject.text, "both versions are named")
    check(reject.retry_after_ms == -1 and reject.hint, "the refusal is final and has a hint")
    passed("other versions are refused, both named")

    lane.send(hello(messages, "python/7"))
    reject = lane.receive("Reject")[0]
    check(reject.code == REJECT_NUMERICS, "another arithmetic is refused")
    check("'python/7'" in reject.text and reject.hint, "the worker's fingerprint is named")
    wanted = reject.text.split("'")[3]
    check(wanted and wanted != "python/7", "the run's fingerprint is named")
    passed(f"another arithmetic is refused: {reject.text}")
    return wanted


def admission(lane, fingerprint):
    messages = lane.messages
    lane.send(hello(messages, fingerprint))
    welcome, payload = lane.receive("Welcome")
    check(welcome.epoch == lane.epoch > 0, "the header tells the epoch of the welcome")
    check(json.loads(payload), "the payload is the run configuration")
    passed(f"admitted to run {welcome.run_id}, epoch {welcome.epoch}")
    for sequence in (1, 2, 2):
        lane.send(messages.Heartbeat(sequence=sequence, progress=sequence, resident_bytes=1 << 20))
        check(lane.receive("HeartbeatAck")[0].sequence == sequence, "a heartbeat is acknowledged")
    passed("heartbeats are acknowledged, also when sent twice")
    lane.epoch += 1
    lane.send(messages.Heartbeat(sequence=3))
    check(lane.receive("Reject")[0].code == 4, "another epoch is refused")
    passed("a message of another epoch is refused")
    return welcome, payload


def work(lane, data, admin, welcome):
    messages = lane.messages
    found = status(admin)
    check([worker["name"] for worker in found["workers"]] == ["python"], "the status has us")
    check(found["epoch"] == welcome.epoch, "the status tells the epoch")
    passed(f"the status is read: {found['waiting']}")

    lane.send(messages.TaskRequest(slots=1))
    lease, alpha = lane.receive("Lease", seconds=60)
    check(len(lease.inputs) == 32 and len(alpha) % 4 == 0, "a lease has a digest and alpha")
    check(lease.task.scans and lease.task.WhichOneof("network"), "a lease has scans and a network")
    passed(f"leased task {lease.task.key.round}/{lease.task.key.index}")

    data.epoch = welcome.epoch
    credit = 1000
    data.send(messages.ParamsWant(
        lease=lease.lease, key=lease.task.key, credit_bytes=credit,
        blocks=[
            messages.WantedBlock(operator="stem", kind=1),
            messages.WantedBlock(operator="nothing", kind=1),
        ]))
    plan, _ = data.receive("ParamsPlan")
    check([block.sent for block in plan.blocks] == [True, False], "the plan has what there is")
    check(plan.blocks[1].count == 0, "an unknown operator has no floats")
    total, block = 4 * plan.blocks[0].count, b""
    while len(block) < total:
        chunk, payload = data.receive("Chunk")
        check(chunk.transfer == plan.transfer and chunk.offset == len(block), "chunks in order")
        check(len(payload) <= min(credit, welcome.chunk_bytes), "no more than the credit comes")
        block += payload
        if len(block) < total:
            data.send(messages.ChunkGet(
                transfer=plan.transfer, offset=len(block), length=min(credit, total - len(block))))
    check(len(block) == total, "the block is whole")
    passed(f"fetched {total} bytes of parameters, {credit} at a time")

    data.send(messages.ParamsWant(
        lease=lease.lease, key=lease.task.key, credit_bytes=credit,
        blocks=[messages.WantedBlock(
            operator="stem", kind=1, have=plan.blocks[0].version + 1)]))
    again, _ = data.receive("ParamsPlan")
    check(not again.blocks[0].sent, "a block at hand is not sent again")
    passed("a version at hand is not sent again")

    lane.send(messages.GradOffer(
        key=lease.task.key, lease=0, choices=[0], sample_count=1, loss=1,
        inputs=task_digest(lease.task, alpha, [])))
    ack, _ = lane.receive("GradAck")
    check(ack.code == ACK_REFUSED and ack.durable, "a result of other inputs is refused")
    check(lease.inputs[:6].hex() in ack.text, "the refusal names the lease's inputs")
    check(status(admin)["counts"]["foreign"] == 1, "the refusal is counted")
    passed(f"a result of other inputs is refused: {ack.text}")

    reason = "no shards in this language"
    lane.send(messages.Goodbye(reason=reason, unprepared=True))
    found = status(admin)
    check(found["workers"] == [] and reason in found["waiting"], "the status tells the reason")
    passed(f"the status says why nobody works: {found['waiting']}")


def known_digest(messages):
    task = messages.TaskDescription(
        key=messages.TaskKey(round=5, index=2), kind=1, model="supernet",
        sampled=messages.SampledNetwork(step=1, phase=2, path=3), volumes="search",
        scans=[4, 0], epoch=3, augmented=True, dropout=0.25, label_smoothing=0.5,
        class_weights=[1, 2])
    values = f32(1) + f32(2)
    found = task_digest(task, f32(0.5) + f32(-1), [("stem", 1, values), ("head", 1, values)])
    wanted = "3fded6fc367c5b10410dd92cb8546d05af7dd48ae04c7aaa96bf501d1bd27306"
    check(found.hex() == wanted, "the digest is the one of Tests/WireProtocolTests")
    passed("the digest of a task's inputs is the Swift one")


def start_coordinator(voxelnas, folder):
    subprocess.run(
        [voxelnas, "data", "phantom", folder / "set", "--patients", "4", "--size", "48"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run_file = folder / "set" / "run.yaml"
    shutil.copy(ROOT / "Docs" / "Examples" / "phantoms.yaml", run_file)
    output, log = folder / "run", open(folder / "log", "w")
    process = subprocess.Popen(
        [voxelnas, "coordinator", run_file, "--output", output, "--listen", "127.0.0.1:0"],
        stdout=log, stderr=log)
    for _ in range(600):
        if (output / "endpoint.json").exists():
            return process, json.loads((output / "endpoint.json").read_text())["address"]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the coordinator did not start: {(folder / 'log').read_text()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voxelnas", default=ROOT / ".build" / "release" / "voxelnas")
    voxelnas = pathlib.Path(parser.parse_args().voxelnas).resolve()
    if not voxelnas.exists():
        print(f"{voxelnas} is missing; swift build -c release --product voxelnas")
        return 1
    check(crc32c(b"123456789") == 0xE3069283, "CRC-32C gives the published value")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "modules").mkdir()
        messages = Messages(folder / "modules")
        known_digest(messages)
        process, address = start_coordinator(voxelnas, folder)
        context = zmq.Context()
        try:
            lane = Lane(context, messages, address, b"w0000000000000007")
            fingerprint = refusals(lane)
            welcome, payload = admission(lane, fingerprint)
            lane.epoch = welcome.epoch
            host = address.rsplit(":", 1)[0]
            data = Lane(context, messages, f"{host}:{welcome.data_port}", b"w0000000000000007")
            admin = Lane(context, messages, f"ipc://{folder / 'run' / 'admin.socket'}", b"q7")
            files(data, welcome, payload)
            steering(admin, lane)
            work(lane, data, admin, welcome)
        except AssertionError as error:
            print(f"failed: {error}\n{(folder / 'log').read_text()}")
            return 1
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
            context.destroy(linger=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
