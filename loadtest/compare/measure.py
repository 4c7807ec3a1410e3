"""What processes take: time, CPU, memory."""

import dataclasses
import json
import os
import platform
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


@dataclasses.dataclass
class Taken:
    """What one run took: seconds of time, CPU seconds of the tool, of the whole machine, and its largest process."""

    wall: float
    cpu: float
    machine_cpu: float = 0.0
    peak_mb: float = 0.0

    def __add__(self, other):
        return Taken(
            self.wall + other.wall,
            self.cpu + other.cpu,
            self.machine_cpu + other.machine_cpu,
            max(self.peak_mb, other.peak_mb),
        )


def machine_cpu():
    """Seconds that all cores together have worked since the machine started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS


def command(*words, log, **options):
    """Runs a command to its end. Its children count as it does."""
    before, begun = machine_cpu(), time.perf_counter()
    process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, **options)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}: exit code {process.returncode}; see {log.name}")
    return Taken(wall, used.ru_utime + used.ru_stime, machine_cpu() - before, used.ru_maxrss / 1024)


class Server:
    """A process that serves until it is ended, and what is asked of it."""

    def __init__(self, *words, log, ready, **options):
        self.process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, **options)
        limit = time.monotonic() + 60
        while not ready():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise SystemExit(f"{' '.join(map(str, words))}: does not get ready; see {log.name}")
            time.sleep(0.02)

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")

    def peak_mb(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))

    def during(self, work):
        """What the server takes for it; whoever asks is not counted, but for what work says that it took itself."""
        self.forget_peak()
        cpu, before, begun = self.cpu(), machine_cpu(), time.perf_counter()
        asking = work() or 0.0
        wall = time.perf_counter() - begun
        return Taken(wall, self.cpu() - cpu + asking, machine_cpu() - before, self.peak_mb())

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def machine():
    """What the figures are of."""
    with open("/proc/cpuinfo") as file:
        first = file.read().partition("\n\n")[0]
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}
    cpu = said.get("model name", platform.machine())
    # Clouds give processors of several generations the same name.
    if "cpu family" in said:
        cpu += f", family {said['cpu family']}, model {said['model']}"
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) >> 20
    return {"cores": CORES, "cpu": cpu, "memoryGiB": memory, "kernel": platform.release()}


def dump(value, path):
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
