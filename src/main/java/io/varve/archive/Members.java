package io.varve.archive;

import io.varve.failure.Failure;
import io.varve.layout.ArchiveFile;
import io.varve.layout.Run;
import io.varve.oci.Digest;
import io.varve.pipeline.Cancellation;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is in an archive, by name. Only names are remembered that an image may be made of; whatever else a tar holds takes no memory here.
 * Links lead from member to member and nowhere else. Safe for any thread once it is made; blocks.
 */
final class Members {
    /** What lies deeper, or is called longer, is a file of a root filesystem. */
    static final int DEPTH = 4;

    static final int LONGEST = 255;
    private static final int PIECE = 256 << 10;

    /** As the kernel follows symlinks. */
    private static final int HOPS = 40;

    /** One of these is what everybody who makes a root filesystem begins with. */
    private static final Set<String> ROOTS = Set.of("bin", "dev", "etc", "lib", "proc", "sbin", "usr");

    private final Map<String, Member> members = new HashMap<>();
    private final ArchiveFile file;
    private final Cancellation going;

    // The first name that leads out of the archive.
    private @Nullable String outside;
    private boolean tooMany;
    private boolean rootfs;

    /**
     * Reads the headers of a tar.
     *
     * @throws Failure Invalid when it is no tar, Exceeded when it passes a limit; Cancelled
     */
    Members(Path archive, TarLimits limits, Cancellation going) throws IOException {
        this.going = going;
        file = ArchiveFile.index(archive.toRealPath(), limits, this::add);
    }

    private void add(TarEntry entry) {
        going.check();
        String name = plain(new String(entry.name(), StandardCharsets.ISO_8859_1));
        if (name.startsWith("/") || name.equals("..") || name.startsWith("../") || name.contains("/../")) {
            outside = outside == null ? name : outside;
            return;
        }
        int slash = name.indexOf('/');
        rootfs |= ROOTS.contains(slash < 0 ? name : name.substring(0, slash));
        if (name.isEmpty()
                || name.length() > LONGEST
                || name.chars().filter(c -> c == '/').count() >= DEPTH) {
            return;
        }
        if (members.size() >= ArchiveFile.MOST) {
            tooMany = true;
            return;
        }
        Member member = Member.of(name, entry);
        boolean repeated =
                members.containsKey(name) && entry.size() + members.get(name).size() > 0;
        members.put(name, repeated ? member.twice() : member);
    }

    /** Without {@code ./} in front and the slash behind. */
    private static String plain(String name) {
        int from = 0;
        while (name.startsWith("./", from)) {
            from += 2;
        }
        String plain = name.substring(from);
        return plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain.equals(".") ? "" : plain;
    }

    boolean has(String name) {
        return members.containsKey(name);
    }

    /** Whether there is something in it that root filesystems have. */
    boolean looksLikeRootfs() {
        return rootfs;
    }

    /**
     * To be asked before anything is believed of it but that it is a root filesystem.
     *
     * @throws Failure Invalid when a name leads out of it, Exceeded when there is more in it than any image has
     */
    void check() {
        if (outside != null) {
            throw Failure.invalid("name: got " + outside + ", wanted one in the archive");
        }
        if (tooMany) {
            throw ArchiveFile.tooMany();
        }
    }

    /**
     * A file of the archive, links to it followed.
     *
     * @throws Failure NotFound when it is not there; Invalid when it is no file, when there are two, or when links lead out of the archive
     *     or go round
     */
    Member file(String wanted) {
        String name = plain(wanted);
        for (int hops = 0; hops <= HOPS; hops++) {
            Member member = members.get(name);
            if (member == null) {
                throw Failure.notFound(wanted + ": got no such member of the archive"
                        + (name.equals(wanted) ? "" : ", to which its links lead: " + name));
            }
            if (member.wrong() != null) {
                throw Failure.invalid(wanted + ": got " + member.wrong() + ", wanted a file");
            }
            if (member.link() == null) {
                return member;
            }
            name = target(member.name(), member.link(), member.hard())
                    .orElseThrow(() -> Failure.invalid(
                            wanted + ": got a link to " + member.link() + ", wanted one to a member of the archive"));
        }
        throw Failure.invalid(wanted + ": got links that go round");
    }

    /** Empty when it leads out of the archive. */
    private static Optional<String> target(String from, String link, boolean hard) {
        if (link.startsWith("/")) {
            return Optional.empty();
        }
        String at = hard || from.indexOf('/') < 0 ? "" : from.substring(0, from.lastIndexOf('/'));
        for (String part : link.split("/", -1)) {
            if (part.equals("..")) {
                if (at.isEmpty()) {
                    return Optional.empty();
                }
                at = at.indexOf('/') < 0 ? "" : at.substring(0, at.lastIndexOf('/'));
            } else if (!part.isEmpty() && !part.equals(".")) {
                at = at.isEmpty() ? part : at + "/" + part;
            }
        }
        return Optional.of(at);
    }

    /** From its first byte. The caller closes it. */
    Run open(Member member) {
        try {
            return file.open(member.start(), member.size());
        } catch (IOException e) {
            throw Failure.from(e).during(member.name());
        }
    }

    /**
     * Reads all of a file, however large.
     *
     * @throws Failure Cancelled
     */
    Digest digest(Member member) {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (Run run = open(member)) {
            while (run.read(piece.clear()) >= 0) {
                going.check();
                hash.update(piece.flip());
            }
        } catch (IOException e) {
            throw Failure.from(e).during(member.name());
        }
        return Digest.of(Digest.Algorithm.SHA256, hash);
    }

    /**
     * All of a small file.
     *
     * @param limit the most bytes of it ({@code limits.manifestBytes})
     */
    byte[] read(Member member, long limit) {
        if (member.size() > Math.min(limit, Integer.MAX_VALUE - 8)) {
            throw Failure.exceeded("bytes", member.size(), limit, "limits.manifestBytes")
                    .during(member.name());
        }
        try (Run run = open(member)) {
            return run.bytes((int) member.size());
        } catch (IOException e) {
            throw Failure.from(e).during(member.name());
        }
    }
}
