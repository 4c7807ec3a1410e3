package io.varve.archive;

import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An entry of an archive: where its bytes are, or the member that it is another name of, or what is wrong with it.
 *
 * @param link the name of another member; null for what has bytes, or nothing
 * @param hard whether that name begins at the root of the archive, and not where this member is
 * @param wrong null when its bytes can be read
 */
record Member(
        String name,
        long start,
        long size,
        @Nullable String link,
        boolean hard,
        @Nullable String wrong) {
    /** What is longer does not lead to a member that is remembered, however far up it begins; a link may be as long as a path. */
    private static final int LONGEST_LINK = Members.LONGEST + Members.DEPTH * "../".length();

    static Member of(String name, TarEntry entry) {
        return switch (entry.type()) {
            case REGULAR -> regular(name, entry);
            case SYMLINK, HARDLINK ->
                entry.link().length > LONGEST_LINK
                        ? new Member(name, 0, 0, null, false, "a link that leads nowhere")
                        : new Member(
                                name,
                                0,
                                0,
                                new String(entry.link(), StandardCharsets.ISO_8859_1),
                                entry.type() == TarType.HARDLINK,
                                null);
            case DIRECTORY, CHARACTER, BLOCK, FIFO -> new Member(name, 0, 0, null, false, "a " + entry.type());
        };
    }

    private static Member regular(String name, TarEntry entry) {
        long[] extents = entry.extents();
        if (extents.length == 0 && entry.size() == 0) {
            return new Member(name, 0, 0, null, false, null);
        }
        if (extents.length != 3 || extents[1] != entry.size()) {
            return new Member(name, 0, 0, null, false, "a sparse file");
        }
        return new Member(name, extents[2], entry.size(), null, false, null);
    }

    /** The same name a second time: nobody is to guess which of them is meant. */
    Member twice() {
        return new Member(name, 0, 0, null, false, "two members of that name");
    }
}
