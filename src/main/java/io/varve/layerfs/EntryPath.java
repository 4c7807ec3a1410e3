package io.varve.layerfs;

import io.varve.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Names out of a tar as paths inside an image: bytes, cleaned lexically, never decoded. */
final class EntryPath {
    private static final byte[] WHITEOUT = ".wh.".getBytes(StandardCharsets.US_ASCII);

    private EntryPath() {}

    /**
     * The name without leading slashes, empty components and {@code .}, and with {@code ..} taken back lexically.
     *
     * @return a path as {@link Change} has them; empty for the root
     * @throws Failure Invalid when it leads above the root, Exceeded when a component is too long or there are too many
     */
    static byte[] clean(byte[] name, int depthLimit) {
        byte[] path = new byte[name.length];
        int length = 0;
        int depth = 0;
        int from = 0;
        while (from < name.length) {
            int to = end(name, from);
            if (isParent(name, from, to)) {
                if (length == 0) {
                    throw Failure.invalid("the name leads above the root");
                }
                length = lastSlash(path, length);
                depth--;
            } else if (to > from && !isSelf(name, from, to)) {
                if (to - from > LayerLimits.NAME_BYTES) {
                    throw Failure.exceeded("bytes in a name", to - from, LayerLimits.NAME_BYTES, "what Linux can name");
                }
                if (length > 0) {
                    path[length++] = '/';
                }
                System.arraycopy(name, from, path, length, to - from);
                length += to - from;
                depth++;
            }
            from = to + 1;
        }
        if (depth - 1 > depthLimit) {
            throw Failure.exceeded("depth", depth - 1L, depthLimit, "limits.depth");
        }
        return length == name.length ? path : Arrays.copyOf(path, length);
    }

    /** Where the component that begins at {@code from} ends: at the next slash or the end. */
    static int end(byte[] path, int from) {
        int to = from;
        while (to < path.length && path[to] != '/') {
            to++;
        }
        return to;
    }

    /** Where the last component begins. */
    static int lastComponent(byte[] path) {
        int from = path.length;
        while (from > 0 && path[from - 1] != '/') {
            from--;
        }
        return from;
    }

    /** The directory that the last component is in; empty for the root. */
    static byte[] parent(byte[] path) {
        return Arrays.copyOf(path, Math.max(0, lastComponent(path) - 1));
    }

    static boolean isSelf(byte[] path, int from, int to) {
        return to - from == 1 && path[from] == '.';
    }

    static boolean isParent(byte[] path, int from, int to) {
        return to - from == 2 && path[from] == '.' && path[from + 1] == '.';
    }

    /** Whether a name is one of those by which layers say what they hide: no file can have it. */
    static boolean isWhiteout(byte[] path, int from, int to) {
        return startsWith(path, from, to, WHITEOUT);
    }

    static boolean startsWith(byte[] path, int from, int to, byte[] prefix) {
        return to - from >= prefix.length && Arrays.equals(path, from, from + prefix.length, prefix, 0, prefix.length);
    }

    /** The path as people may read it; what is not UTF-8 shows as replacement characters. */
    static String text(byte[] path) {
        return new String(path, StandardCharsets.UTF_8);
    }

    private static int lastSlash(byte[] path, int length) {
        int at = length;
        while (at > 0 && path[at - 1] != '/') {
            at--;
        }
        return Math.max(0, at - 1);
    }
}
