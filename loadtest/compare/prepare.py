"""What has to be there before anything is measured."""

import os
import pathlib
import re
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Commands, and the Debian packages that bring them.
TOOLS = {
    **{tool: tool for tool in ("podman", "buildah", "containerd", "skopeo", "umoci", "docker-registry", "runc")},
    **{tool: tool for tool in ("curl", "openssl", "zstd", "mmdebstrap", "npm")},
    "igzip": "isal",
    "java": "openjdk-17-jre-headless",
}


def install(**more):
    """@param more commands that are wanted besides"""
    missing = [package for tool, package in (TOOLS | more).items() if not shutil.which(tool)]
    if missing:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True)


def jdk():
    """The home of a JDK that is new enough, as target/varve looks for one."""
    on_path = shutil.which("java")
    homes = [os.environ.get("JAVA_HOME"), on_path and pathlib.Path(on_path).resolve().parent.parent]
    for home in map(pathlib.Path, [*filter(None, homes), *sorted(pathlib.Path("/usr/lib/jvm").glob("*"))]):
        release = home / "release"
        major = release.is_file() and re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
        if major and int(major[1]) >= 25 and (home / "bin/java").exists():
            return home
    raise SystemExit("no JDK 25 in JAVA_HOME, PATH or /usr/lib/jvm")


def copied(work):
    """A copy, so that building the next one changes nothing of what is measured."""
    built = ROOT / "target/varve"
    if not built.exists():
        subprocess.run(["mvn", "-q", "-DskipTests", "package"], cwd=ROOT, check=True)
    copy = work / "varve"
    shutil.copy2(built, copy)
    return copy


def program(work):
    """A copy for which what the first command and the first service prepare for later ones is there."""
    copy = copied(work)
    prepared = work / "start"
    shutil.rmtree(prepared, ignore_errors=True)
    os.environ["VARVE_START_CACHE"] = str(prepared)
    for first in ["--help"], ["serve", "--help"]:
        subprocess.run([copy, *first], check=True, capture_output=True)
        limit = time.monotonic() + 120
        while any(prepared.glob("*.making")) or not any(prepared.glob("start-*/classes.aot")):
            if time.monotonic() > limit:
                raise SystemExit(f"{copy}: has not prepared {prepared}")
            time.sleep(0.5)
    return copy


class Tmpfs:
    """A tmpfs, mounted while it is needed."""

    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        self.directory.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90%", "compare", self.directory], check=True)
        return self.directory

    def __exit__(self, *thrown):
        subprocess.run(["umount", "-l", self.directory], check=True)
