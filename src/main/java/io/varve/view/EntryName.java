package io.varve.view;

import io.varve.layerfs.Tree;
import io.varve.os.Name;
import io.varve.os.OsException;

/** Names of a tree's entries for calls, one at a time, without allocating for each. Owned by one thread. */
final class EntryName {
    private final Tree tree;
    private final Name name = new Name();
    private final byte[] bytes = new byte[Name.MAX_BYTES];

    EntryName(Tree tree) {
        this.tree = tree;
    }

    /** The entry's name, borrowed until the next call. */
    Name of(int entry) throws OsException {
        int length = tree.nameLength(entry);
        // A longer one is refused by the name: the array has just the room that Linux may need.
        if (length <= bytes.length) {
            tree.copyName(entry, bytes, 0);
        }
        return name.set(bytes, length);
    }
}
