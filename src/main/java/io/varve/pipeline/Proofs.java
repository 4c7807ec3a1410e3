package io.varve.pipeline;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.vertx.core.Future;

/**
 * Which blobs a pull may have of what the store has already. Content is kept by its digest, whoever brought it; a stranger who only knows a
 * digest has not shown that he may have what it is of.
 */
interface Proofs {
    /** For those whose store it is. */
    Proofs NONE_NEEDED = new Proofs() {
        @Override
        public boolean has(Digest blob) {
            return true;
        }

        @Override
        public void shown(Digest blob) {}

        @Override
        public Future<Void> complete(Descriptor blob, Flows admission) {
            return Future.succeededFuture();
        }
    };

    /** Any thread; may block. */
    boolean has(Digest blob);

    /** All of it has come for this pull from its source. Any thread. */
    void shown(Digest blob);

    /**
     * Has the source show a blob that the store has, unless it need not. Called on the conducting context.
     *
     * @return fails when the source has it not, or other bytes
     */
    Future<Void> complete(Descriptor blob, Flows admission);
}
