package io.varve.store;

import io.varve.os.Staging;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a session does, again and again, behind the backs of those who do not wait for the disk: what they have named is brought to
 * it. When the disk does not take something, {@link UnsyncedNote} says so. Safe for any thread; blocks.
 */
final class Syncing {
    private static final Logger LOG = LoggerFactory.getLogger(Syncing.class);

    private final Staging staging;
    private final UnsyncedNote note;

    // Whether the note does not say what it should; guarded by this.
    private boolean unsaid;

    Syncing(Staging staging, UnsyncedNote note) {
        this.staging = staging;
        this.note = note;
    }

    /** Throws nothing: what could not be said is tried again, and at the end. */
    synchronized void sync() {
        try {
            staging.syncPublished();
        } catch (IOException | RuntimeException e) {
            LOG.warn("not on the disk, and read again by the next session: {}", e.getMessage());
            unsaid = true;
        }
        try {
            end();
        } catch (IOException e) {
            LOG.warn("{}", e.getMessage());
        }
    }

    /**
     * The last that is to be said.
     *
     * @throws IOException when the disk did not take something, and the note cannot say so to the next session, which would count on it
     */
    synchronized void end() throws IOException {
        if (unsaid) {
            note.distrust();
            unsaid = false;
        }
    }
}
