package io.varve.layerfs;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A path, kept as a name and the path of the directory that it is in: however long the way to a directory is, it is kept once for all
 * that is below. Immutable.
 *
 * @param directory null for what stands where the path begins
 * @param name nobody may change it
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record TreePath(@Nullable TreePath directory, byte[] name) {
    private static final byte[] NOTHING = {};

    /** The bytes of it, with no slash in front. */
    public byte[] bytes() {
        return below(NOTHING);
    }

    /**
     * The bytes of it behind those of where it begins.
     *
     * @param start without a slash in front and at the end; empty for the root
     */
    public byte[] below(byte[] start) {
        int length = start.length == 0 ? -1 : start.length;
        for (TreePath at = this; at != null; at = at.directory) {
            length += 1 + at.name.length;
        }
        byte[] path = Arrays.copyOf(start, length);
        int end = length;
        for (TreePath at = this; at != null; at = at.directory) {
            end -= at.name.length;
            System.arraycopy(at.name, 0, path, end, at.name.length);
            if (end > 0) {
                path[--end] = '/';
            }
        }
        return path;
    }
}
