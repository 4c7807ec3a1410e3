"""Images that ask for much, made as they stream: nothing of them is on the disk but the compressed layers of an OCI image layout."""

import gzip
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile

CHUNK = 1 << 20
DIRECTORY, SYMLINK, LONG_TARGET = b"5", b"2", b"K"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
COMPRESSOR = ["gzip", "-1", "-n"]


class Layout:
    """An OCI image layout that images are put into."""

    def __init__(self, directory):
        self.directory = directory
        (directory / "blobs/sha256").mkdir(parents=True, exist_ok=True)
        (directory / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))

    def has(self, tag):
        return any(self.tag(each) == tag for each in self.manifests())

    def manifests(self):
        index = self.directory / "index.json"
        return json.loads(index.read_text())["manifests"] if index.exists() else []

    @staticmethod
    def tag(descriptor):
        return descriptor["annotations"]["org.opencontainers.image.ref.name"]

    def place(self, digest):
        return self.directory / "blobs/sha256" / digest.removeprefix("sha256:")

    def document(self, media_type, content):
        data = json.dumps(content).encode()
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.place(digest).write_bytes(data)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def layer(self, pieces):
        """@param pieces of a tar, in their order; @return the blob's descriptor and the tar's digest"""
        blob, tar = self.directory / "blob", hashlib.sha256()
        with open(blob, "wb") as file:
            compressor = subprocess.Popen(COMPRESSOR, stdin=subprocess.PIPE, stdout=file)
            for piece in pieces:
                tar.update(piece)
                compressor.stdin.write(piece)
            compressor.stdin.close()
            if compressor.wait() != 0:
                raise SystemExit(f"{COMPRESSOR}: failed")
        return self.blob(blob), "sha256:" + tar.hexdigest()

    def blob(self, file):
        """Takes a file into the layout as a layer's blob."""
        digest = hashlib.sha256()
        with open(file, "rb") as data:
            while chunk := data.read(CHUNK):
                digest.update(chunk)
        descriptor = {"mediaType": LAYER, "digest": "sha256:" + digest.hexdigest(), "size": os.path.getsize(file)}
        os.rename(file, self.place(descriptor["digest"]))
        return descriptor

    def image(self, tag, layers):
        """@param layers pairs of a descriptor and the digest of its tar, base first"""
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.document("application/vnd.oci.image.config.v1+json", config),
            "layers": [descriptor for descriptor, _ in layers],
        }
        descriptor = self.document(manifest["mediaType"], manifest)
        descriptor["annotations"] = {"org.opencontainers.image.ref.name": tag}
        manifests = [each for each in self.manifests() if self.tag(each) != tag]
        (self.directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [*manifests, descriptor]}))


def header(name, size=0, kind=b"0"):
    """Of a tar member, ustar."""
    block = bytearray(512)
    encoded = name.encode()
    block[0 : len(encoded)] = encoded
    block[100:108] = b"0000755\0" if kind == DIRECTORY else b"0000644\0"
    block[108:116] = block[116:124] = b"0000000\0"
    # What eleven octal digits cannot say is a binary number, as GNU tar has it.
    block[124:136] = b"%011o\0" % size if size < 1 << 33 else b"\x80" + size.to_bytes(11, "big")
    block[136:148] = b"00000000000\0"
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def symlink(name, target):
    """With its target in a member of its own before it, as GNU tar has long ones."""
    content = target.encode() + b"\0"
    return header("././@LongLink", len(content), LONG_TARGET) + content + bytes(-len(content) % 512) + header(name, kind=SYMLINK)


END = bytes(1024)


def batches(blocks):
    while batch := b"".join(itertools.islice(blocks, 1000)):
        yield batch


def empty_files(directories, files):
    """So many empty files in each of so many directories."""
    for each in range(directories):
        yield header(f"d{each:04}/", kind=DIRECTORY)
        yield from batches(header(f"d{each:04}/file-{number:07}") for number in range(files))
    yield END


def large_file(size):
    """One file whose bytes compress well and are not all the same: each MiB begins with its number."""
    yield header("large", size)
    rest = bytes(range(256)) * (CHUNK // 256)
    for number in range(size // CHUNK):
        yield number.to_bytes(8, "big") + rest[8:]
    yield END


def random_file(size):
    yield header("random", size)
    for _ in range(size // CHUNK):
        yield os.urandom(CHUNK)
    yield END


def small_layer(number):
    yield header(f"layer-{number:04}", 4)
    yield b"%04d" % number + bytes(508)
    yield END


def long_ways(files):
    """Files in two directories by turns, each behind some 39 symlinks that lead back and forth over 1,600 names."""
    yield header("d/", kind=DIRECTORY)
    for number in range(40):
        yield symlink(f"s{number:02}", "d/../" * 818 + (f"s{number + 1:02}" if number < 39 else "d"))
    yield from batches(header(f"s{number % 2:02}/f{number:07}") for number in range(files))
    yield END


def bomb(gibibytes, into):
    """Writes a stream of gzip that comes to so many gibibytes of one file's zeros: a member for each, all the same."""
    into.write(gzip.compress(header("zeros", gibibytes << 30)))
    with tempfile.TemporaryFile() as member:
        with subprocess.Popen(["gzip", "-9", "-n"], stdin=subprocess.PIPE, stdout=member) as compressor:
            for _ in range(1024):
                compressor.stdin.write(bytes(CHUNK))
        for _ in range(gibibytes):
            member.seek(0)
            shutil.copyfileobj(member, into)
