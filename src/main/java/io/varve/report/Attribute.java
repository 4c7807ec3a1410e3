package io.varve.report;

import java.util.Locale;

/** What may differ between two files of one path. */
public enum Attribute {
    TYPE,
    CONTENT,
    /** What a symlink says, or the number of a device. */
    TARGET,
    MODE,
    OWNER,
    XATTRS,
    TIME;

    /** The word for it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
