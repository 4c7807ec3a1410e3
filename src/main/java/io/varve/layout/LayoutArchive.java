package io.varve.layout;

import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A layout that is a tar. Nothing is unpacked: its headers are read once, the data between them is not, and a file of the
 * layout is read from where it stands in the tar. Other entries are passed over; of a name that comes twice the last
 * counts.
 */
final class LayoutArchive implements LayoutFiles {
    /** The names anybody may ask for; whatever else a tar holds takes no memory here. */
    private static final Pattern NAME = Pattern.compile(
            MARKER + "|" + Pattern.quote(INDEX) + "|" + BLOBS + "/(?:sha256/[a-f0-9]{64}|sha512/[a-f0-9]{128})");

    private static final int LONGEST_NAME = 160;

    private final Map<String, Member> members;
    private final ArchiveFile file;

    /** An entry of the tar: where its bytes are if they can be read, else what is wrong with it. */
    private record Member(long start, long size, @Nullable String wrong) {
        static Member of(TarEntry entry) {
            long[] extents = entry.extents();
            if (entry.type() != TarType.REGULAR) {
                return new Member(0, 0, "a " + entry.type());
            }
            if (extents.length == 0 && entry.size() == 0) {
                return new Member(0, 0, null);
            }
            if (extents.length != 3 || extents[1] != entry.size()) {
                return new Member(0, 0, "a sparse file");
            }
            return new Member(extents[2], entry.size(), null);
        }
    }

    private LayoutArchive(ArchiveFile file, Map<String, Member> members) {
        this.file = file;
        this.members = members;
    }

    /**
     * Reads the headers of a tar.
     *
     * @param archive without symlinks
     * @throws Failure Invalid when it is no tar, Exceeded when it has more entries than the limit or one that is too large, or more
     *     names than {@link ArchiveFile#MOST}; what {@code wanted} throws, which is asked before each entry
     */
    static LayoutArchive index(Path archive, TarLimits limits, Runnable wanted) throws IOException {
        Map<String, Member> members = new HashMap<>();
        ArchiveFile file = ArchiveFile.index(archive, limits, entry -> {
            wanted.run();
            add(members, entry);
        });
        return new LayoutArchive(file, members);
    }

    private static void add(Map<String, Member> members, TarEntry entry) {
        byte[] name = entry.name();
        int from = name.length > 2 && name[0] == '.' && name[1] == '/' ? 2 : 0;
        if (name.length - from <= LONGEST_NAME) {
            String plain = new String(name, from, name.length - from, StandardCharsets.ISO_8859_1);
            if (NAME.matcher(plain).matches()) {
                if (members.size() >= ArchiveFile.MOST && !members.containsKey(plain)) {
                    throw ArchiveFile.tooMany();
                }
                members.put(plain, Member.of(entry));
            }
        }
    }

    @Override
    public Path place() {
        return file.path();
    }

    @Override
    public Run open(String name) throws IOException {
        Member member = members.get(name);
        if (member == null) {
            throw new NoSuchFileException(name);
        }
        if (member.wrong() != null) {
            throw Failure.invalid("got " + member.wrong() + " in the archive, wanted a regular file");
        }
        return file.open(member.start(), member.size());
    }
}
