"""The cases, and what is asked of Varve in each. A case yields what came of its steps."""

import contextlib
import dataclasses
import functools
import os
import pathlib
import re
import subprocess
import time

import making
from measure import Server
from prepare import jdk
from tools import Registry, free_port, remove

MIB, GIB = 1 << 20, 1 << 30


@dataclasses.dataclass
class Step:
    """What a command took, how it ended, what it said, and what it left in the store where it was refused."""

    what: str
    seconds: float
    cpuSeconds: float
    peakMB: int
    exitCode: int
    said: str = ""
    leftBytes: int = 0


class Place:
    """Where a case works: its own directory, which is gone afterwards, and the layout with its images."""

    def __init__(self, work, program, root, log):
        self.directory, self.program, self.root, self.log = work / "case", program, root, log
        self.layout = making.Layout(work / "layout")
        self.work = work

    def __enter__(self):
        self.__exit__()
        self.directory.mkdir()
        return self

    def __exit__(self, *thrown):
        if self.directory.exists():
            remove(self.directory)

    def image(self, tag, *layers):
        """@param layers what makes each, if the image is not there already"""
        if not self.layout.has(tag):
            self.layout.image(tag, [self.layout.layer(each()) for each in layers])
        return f"oci:{self.layout.directory}:{tag}"

    def varve(self, what, *words, store=None, **settings):
        """Runs a command to its end, however it ends. Settings are given by their variables."""
        store = store or self.directory / "store"
        command = [self.program, "-q", "--store", store, *words]
        environment = {**os.environ, **settings, "VARVE_START_CACHE": "off"}
        errors = self.directory / "errors"
        begun = time.perf_counter()
        with open(errors, "w") as said:
            process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=said, env=environment)
            _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = code = os.waitstatus_to_exitcode(status)
        # Numbers and digests that another run has otherwise.
        said = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", errors.read_text().strip()).replace(str(self.work), "…")
        left = sum(file.stat().st_size for file in store.rglob("*") if file.is_file()) if code else 0
        cpu, peak = used.ru_utime + used.ru_stime, round(used.ru_maxrss / 1024)
        return Step(what, round(wall, 2), round(cpu, 2), peak, code, said, left)

    def pull(self, what, image, **more):
        return self.varve(what, "pull", image, "-t", "bad", **more)

    def mounted(self, walk, store=None):
        """Mounts it, does something there, and unmounts it."""
        at = self.directory / "mounted"
        yield self.varve("mount", "mount", "bad", at, store=store)
        begun = time.perf_counter()
        found = walk(at)
        yield Step(found, round(time.perf_counter() - begun, 2), 0, 0, 0)
        yield self.varve("umount", "umount", at, store=store)

    @contextlib.contextmanager
    def disk(self, size):
        """An ext4 of its own, of so many bytes, and its device."""
        file, at = self.directory / "disk", self.directory / "at"
        with open(file, "w") as made:
            made.truncate(size)
        subprocess.run(["mkfs.ext4", "-q", file], check=True)
        at.mkdir()
        subprocess.run(["mount", "-o", "loop", file, at], check=True)
        try:
            yield at, os.stat(at).st_dev
        finally:
            subprocess.run(["umount", at], check=True)

    @contextlib.contextmanager
    def registry(self, tag):
        registry = Registry(self.directory, self.log)
        try:
            registry.take(self.layout.directory, tag)
            yield registry
        finally:
            registry.end()


def count(directory):
    return f"walk of {sum(len(names) + len(files) for _, names, files in os.walk(directory)):,} names"


def million_files(place):
    for tag, directories, files in (("million", 1000, 1000), ("million-in-one", 1, 1_000_000)):
        image = place.image(tag, functools.partial(making.empty_files, directories, files))
        where = f"{files:,} files in each of {directories:,} directories"
        yield place.pull(f"pull: {where}", image)
        yield place.varve("ls -R", "ls", "-R", "bad")
        yield from place.mounted(count)
    small = place.directory / "small-heap"
    yield place.pull("pull with a heap of 256 MB", place.image("million"), store=small, VARVE_JAVA_OPTIONS="-Xmx256m")


def many_layers(place):
    def read(directory):
        for number in range(600):
            assert (directory / f"layer-{number:04}").read_text() == f"{number:04}"
        return "a file of each of 600 layers"

    image = place.image("layers-600", *(functools.partial(making.small_layer, number) for number in range(600)))
    yield place.pull("pull: 600 layers", image)
    yield place.varve("ls -R", "ls", "-R", "bad")
    yield from place.mounted(read)
    memory = place.directory / "memory"
    memory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "badcases", memory], check=True)
    yield place.pull("pull to a tmpfs, where loop devices stand behind mounts", image, store=memory / "store")
    yield from place.mounted(read, store=memory / "store")
    image = place.image("layers-1001", *(functools.partial(making.small_layer, number) for number in range(1001)))
    yield place.pull("pull: 1,001 layers", image, store=place.directory / "refused")


def gzip_bomb(place):
    tag, gibibytes = "bomb", 100
    if not place.layout.has(tag):
        blob = place.layout.directory / "blob"
        with open(blob, "wb") as file:
            making.bomb(gibibytes, file)
        # Nobody gets as far as to find that it is another one.
        place.layout.image(tag, [(place.layout.blob(blob), "sha256:" + "0" * 64)])
    image = place.image(tag)
    yield place.pull("pull: 100 GiB of zeros, at most 1 GiB", image, VARVE_LIMITS_INFLATED_BYTES=str(GIB))
    yield place.pull(
        "the same, at most 100 bytes for one, from 1 GiB on", image, VARVE_LIMITS_RATIO="100", VARVE_LIMITS_RATIO_FLOOR=str(GIB)
    )
    with place.disk(2 * GIB) as (disk, _):
        yield place.pull("the same with the limits of conf/varve.yaml, on a disk of 2 GiB", image, store=disk / "store")


def long_ways(place):
    image = place.image("ways", functools.partial(making.long_ways, 1_000_000))
    yield place.pull("pull: a million files behind 39 symlinks each", image)


def large_file(place):
    image = place.image("large", functools.partial(making.large_file, 8 * GIB))
    yield place.pull("pull: one file of 8 GiB", image)
    yield place.varve("cat", "cat", "bad", "/large")

    def read(directory):
        subprocess.run(["dd", f"if={directory}/large", "of=/dev/null", "bs=1M", "status=none"], check=True)
        return "reading all of it"

    yield from place.mounted(read)


def slow_network(place):
    place.image("random", functools.partial(making.random_file, 24 * MIB))
    with place.registry("random") as registry:
        classes = place.directory / "classpath"
        maven = ["mvn", "-q", "test-compile", "dependency:build-classpath", f"-Dmdep.outputFile={classes}"]
        subprocess.run(maven, cwd=place.root, check=True, stdout=place.log, stderr=place.log)
        port = free_port()
        path = f"{place.root}/target/test-classes:{place.root}/target/classes:{classes.read_text().strip()}"
        line = [jdk() / "bin/java", "--enable-native-access=ALL-UNNAMED", "-cp", path, "io.varve.benchmark.SlowLink"]
        with open(place.directory / "line", "w+") as said:
            ready = functools.partial(lambda: " away, at " in (place.directory / "line").read_text())
            server = Server(*line, port, 200, MIB, f"127.0.0.1:{registry.port}", log=said, ready=ready)
        try:
            image = registry.name("random").replace(str(registry.port), str(port))
            yield place.pull("pull: 24 MiB at 1 MiB/s for a connection, 200 ms there and back", image)
            one = place.directory / "one-connection"
            yield place.pull("the same over one connection", image, store=one, VARVE_NETWORK_BLOB_CONNECTIONS="1")
        finally:
            server.end()


def slow_disk(place):
    """A disk that takes 16 MiB a second, and of which the kernel keeps no more than 8 MiB in memory."""
    throttle = pathlib.Path("/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device")
    if not throttle.exists():
        print("  left out: needs the blkio controller of cgroups, version 1", flush=True)
        return
    place.image("random-large", functools.partial(making.random_file, 256 * MIB))
    with place.registry("random-large") as registry, place.disk(2 * GIB) as (disk, device):
        name = f"{os.major(device)}:{os.minor(device)}"
        kept = pathlib.Path("/sys/class/bdi") / name
        (kept / "strict_limit").write_text("1")
        (kept / "max_bytes").write_text(str(8 * MIB))
        throttle.write_text(f"{name} {16 * MIB}")
        try:
            yield place.pull("pull: 256 MiB, twice that to write, at 16 MiB/s", registry.name("random-large"), store=disk / "store")
        finally:
            throttle.write_text(f"{name} 0")


ALL = {
    "a gzip bomb": gzip_bomb,
    "600 layers": many_layers,
    "a million files": million_files,
    "long ways": long_ways,
    "one large file": large_file,
    "a slow network": slow_network,
    "a slow disk": slow_disk,
}
