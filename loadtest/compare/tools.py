"""Who is compared: each brings the image from the registry into an empty place of its own, as far as it can be run from there."""

import functools
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from measure import CORES, Server, Taken, command


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, path="/"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
            return True
    except OSError:
        return False


def version(*words):
    """The first line in which a tool says which one it is."""
    said = subprocess.run(words, capture_output=True, text=True)
    return (said.stdout or said.stderr).splitlines()[0].strip()


class Registry:
    """docker-registry on loopback. What it serves is read once before each run, so that no disk is waited for."""

    def __init__(self, work, log):
        self.port, self.files, self.log = free_port(), work / "registry", log
        settings = work / "registry.yml"
        settings.write_text(
            json.dumps(
                {
                    "version": 0.1,
                    "log": {"level": "error", "accesslog": {"disabled": True}},
                    "storage": {"filesystem": {"rootdirectory": str(self.files)}},
                    "http": {"addr": f"127.0.0.1:{self.port}"},
                }
            )
        )
        self.server = Server("docker-registry", "serve", settings, log=log, ready=lambda: answers(self.port, "/v2/"))

    def name(self, tag):
        return f"127.0.0.1:{self.port}/compare:{tag}"

    def take(self, layout, tag):
        command("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:{tag}", f"docker://{self.name(tag)}", log=self.log)

    def blob(self, digest):
        return f"http://127.0.0.1:{self.port}/v2/compare/blobs/{digest}"

    def warm(self):
        for root, _, files in os.walk(self.files):
            for each in files:
                with open(os.path.join(root, each), "rb", buffering=0) as file:
                    while file.read(1 << 20):
                        pass

    def end(self):
        self.server.end()


class Layout:
    """The image as a layout has it: what its blobs are, and what they come to."""

    def __init__(self, directory, tag):
        index = json.loads((directory / "index.json").read_text())["manifests"]
        manifest = next(m for m in index if m["annotations"]["org.opencontainers.image.ref.name"] == tag)
        self.layers = json.loads((directory / "blobs/sha256" / manifest["digest"][7:]).read_text())["layers"]
        self.compressed = sum(layer["size"] for layer in self.layers)


class Varve:
    """A running service, its store emptied before each run."""

    def __init__(self, program, registry, log):
        self.program, self.registry, self.log = program, registry, log

    def start(self, store):
        port = free_port()
        server = Server(
            self.program, "--store", store, "serve", "--listen", f"127.0.0.1:{port}",
            log=self.log, ready=lambda: answers(port, "/health/ready"),
        )  # fmt: skip
        return server, functools.partial(self.ask, port)

    @staticmethod
    def ask(port, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            request.add_header("Content-Type", "application/json")
            request.add_header("Prefer", "wait=600")
        with urllib.request.urlopen(request, data, timeout=900) as answer:
            return json.loads(answer.read() or "{}")

    def pull(self, ask, tag):
        job = ask("POST", "/v1/pulls", {"image": self.registry.name(tag)})
        if job["state"] != "done":
            raise SystemExit(f"varve: {job}")

    def empty(self, ask, tags):
        """Nothing that was pulled is there afterwards: the next pull is as cold as the first."""
        for tag in tags:
            ask("DELETE", "/v1/images/" + urllib.request.quote(self.registry.name(tag), safe=""))
        ask("POST", "/v1/gc", {})


class VarveWarm(Varve):
    """One service for all rounds, after as many pulls that are not counted as the JVM's compilers need to have done most."""

    WARMING = 10
    service = None

    def __init__(self, *collaborators, tag="full"):
        super().__init__(*collaborators)
        self.tag = tag

    def run(self, place):
        if self.service is None:
            self.service = self.start(place)
            for _ in range(self.WARMING):
                self.pull(self.service[1], self.tag)
                self.empty(self.service[1], [self.tag])
        server, ask = self.service
        taken = server.during(lambda: self.pull(ask, self.tag))
        self.empty(ask, [self.tag])
        return taken

    def end(self):
        if self.service is not None:
            self.service[0].end()
            self.service = None


class VarveFirst(Varve):
    """A service that was started a moment ago."""

    def run(self, place):
        server, ask = self.start(place)
        try:
            return server.during(lambda: self.pull(ask, "full"))
        finally:
            server.end()

    def end(self):
        pass


class VarveMany(Varve):
    """Sixteen images that share nothing, at once, pulled by a service that was started a moment ago."""

    TAGS = [f"many-{number}" for number in range(1, 17)]

    def run(self, place):
        server, ask = self.start(place)
        try:
            with ThreadPoolExecutor(len(self.TAGS)) as callers:
                return server.during(lambda: any(callers.map(functools.partial(self.pull, ask), self.TAGS)) or None)
        finally:
            server.end()

    def end(self):
        pass


class Command:
    """A tool that is one command, or a few of them one after another."""

    def __init__(self, log, *commands):
        self.log, self.commands = log, commands

    def run(self, place):
        taken = Taken(0, 0)
        for words in self.commands:
            taken += command(*(word.replace("PLACE", str(place)) for word in words), log=self.log)
        return taken

    def end(self):
        pass


class Containerd:
    """The daemon, and what asks it."""

    def __init__(self, registry, log):
        self.registry, self.log = registry, log

    def run(self, place):
        settings, sock = place / "config.toml", place / "sock"
        settings.write_text(
            f'version = 2\nroot = "{place}/root"\nstate = "{place}/state"\n[grpc]\naddress = "{sock}"\n'
            '[plugins."io.containerd.internal.v1.opt"]\npath = "PLACE/opt"\n'.replace("PLACE", str(place))
        )
        server = Server("containerd", "--config", settings, log=self.log, ready=sock.exists)
        try:
            ctr = ["ctr", "--address", sock, "images", "pull", "--plain-http", "--snapshotter", "overlayfs"]
            return server.during(lambda: command(*ctr, self.registry.name("full"), log=self.log).cpu)
        finally:
            server.end()

    def end(self):
        pass


class Floor:
    """What no tool of this kind can do without: each blob fetched, hashed, inflated to a file, and the tar hashed."""

    def __init__(self, registry, layout, log):
        self.registry, self.layout, self.log = registry, layout, log

    def run(self, place):
        taken = Taken(0, 0)
        for number, layer in enumerate(self.layout.layers):
            blob, tar = place / f"{number}.tar.gz", place / f"{number}.tar"
            for words in (
                ["curl", "-sfo", blob, self.registry.blob(layer["digest"])],
                ["openssl", "dgst", "-sha256", blob],
                ["igzip", "-d", "-o", tar, blob],
                ["openssl", "dgst", "-sha256", tar],
            ):
                taken += command(*words, log=self.log)
        # As if all cores had shared the work evenly, and nothing had waited for anything.
        taken.wall = taken.cpu / CORES
        return taken

    def end(self):
        pass


def all_of(program, registry, layout, log):
    """By the names that they have in the results."""
    image = registry.name("full")
    storage = ["--root", "PLACE/root", "--runroot", "PLACE/run", "--storage-driver", "overlay"]
    varve = [program, registry, log]
    return {
        "varve, warm service": VarveWarm(*varve),
        "varve, warm service, zstd": VarveWarm(*varve, tag="fullzstd"),
        "varve, service's first pull": VarveFirst(*varve),
        "varve, command": Command(log, [str(program), "-q", "--store", "PLACE", "pull", image]),
        "podman pull": Command(log, ["podman", *storage, "--tmpdir", "PLACE/tmp", "pull", "-q", "--tls-verify=false", image]),
        "buildah pull": Command(log, ["buildah", *storage, "pull", "-q", "--tls-verify=false", image]),
        "containerd, ctr images pull": Containerd(registry, log),
        "skopeo copy, umoci unpack": Command(
            log,
            ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{image}", "oci:PLACE/layout:full"],
            ["umoci", "unpack", "--image", "PLACE/layout:full", "PLACE/bundle"],
        ),
        "floor": Floor(registry, layout, log),
        "varve, 16 images at once": VarveMany(*varve),
    }


def versions(program):
    asked = {
        "varve": (program, "--version"),
        "podman": ("podman", "--version"),
        "buildah": ("buildah", "--version"),
        "containerd": ("containerd", "--version"),
        "skopeo": ("skopeo", "--version"),
        "umoci": ("umoci", "--version"),
        "docker-registry": ("docker-registry", "--version"),
        "igzip": ("igzip", "--version"),
        "openssl": ("openssl", "version"),
        "curl": ("curl", "--version"),
    }
    return {name: version(*words) for name, words in asked.items() if shutil.which(words[0])}


def remove(directory):
    """With what tools have mounted there, and try to keep."""
    with open("/proc/mounts") as file:
        mounts = [line.split()[1] for line in file]
    for mount in reversed(mounts):
        if mount.startswith(f"{directory}/"):
            subprocess.run(["umount", "-l", mount], check=False)
    for _ in range(3):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(0.2)
    raise SystemExit(f"{directory}: cannot be removed")
