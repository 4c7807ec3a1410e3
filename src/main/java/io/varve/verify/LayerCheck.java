package io.varve.verify;

import io.varve.catalogue.Node;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.TarChanges;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A layer: its tar's bytes, and its changes made again from them. */
final class LayerCheck implements Check {
    static final String TAR = "tar";
    static final String CHANGES = "changes";

    private final Scene scene;
    private final Digest diffId;
    private final Path home;
    private final long bytes;
    private final boolean isBlob;

    // Why the changes could not be made; the tar may be hashed nevertheless. Owned by the thread that looks.
    private @Nullable Failure unmade;

    /** @param isBlob whether the tar is the blob of that digest too, one file with two names: then it is looked at once */
    LayerCheck(Scene scene, Digest diffId, Path home, long bytes, boolean isBlob) {
        this.scene = scene;
        this.diffId = diffId;
        this.home = home;
        this.bytes = bytes;
        this.isBlob = isBlob;
    }

    @Override
    public Node node() {
        return Node.layer(diffId);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void look(Place place) throws IOException {
        boolean sound = false;
        try {
            String wrong = place.was().isDirectory() ? wrong(place) : place.wanted("a directory");
            if (wrong != null) {
                scene.damaged(place, node(), wrong);
            }
            sound = wrong == null;
        } finally {
            if (!sound) {
                scene.unsound().add(diffId);
            }
        }
    }

    private @Nullable String wrong(Place place) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(home)) {
            for (Path child : children) {
                String name = String.valueOf(child.getFileName());
                if (!name.equals(TAR) && !name.equals(CHANGES)) {
                    scene.foreign(child);
                }
            }
        }
        String notATar = Place.notAFile(home.resolve(TAR));
        if (notATar != null) {
            return "tar: " + notATar;
        }
        String notChanges = Place.notAFile(home.resolve(CHANGES));
        if (notChanges != null) {
            String wrong = wrongTar(place, null);
            return wrong == null ? "changes: " + notChanges : wrong;
        }
        try (SameBytes same = new SameBytes(Reading.open(home.resolve(CHANGES)))) {
            TarChanges changes = scene.store().layers().changes(same);
            String wrong = wrongTar(place, changes);
            if (wrong != null) {
                return wrong;
            }
            if (unmade != null) {
                throw unmade.during("making the changes again");
            }
            changes.finish();
            long at = same.difference();
            return at < 0 ? null : "changes: byte " + at + " is not that of the changes of the tar";
        }
    }

    private @Nullable String wrongTar(Place place, @Nullable TarChanges changes) throws IOException {
        Reading got = Reading.of(home.resolve(TAR), diffId.algorithm(), scene, slab -> {
            if (changes != null && unmade == null) {
                try {
                    changes.accept(slab);
                } catch (Failure e) {
                    if (e.category() == Category.CANCELLED) {
                        throw e;
                    }
                    unmade = e;
                }
            }
        });
        if (!got.digest().equals(diffId)) {
            if (isBlob) {
                scene.damaged(place, Node.blob(diffId), BlobCheck.wrong("digest", got, diffId));
            }
            return "tar: " + BlobCheck.wrong("diffId", got, diffId);
        }
        scene.tars().add(diffId);
        Records records = scene.records();
        if (records != null) {
            records.check(node(), got.bytes());
            if (isBlob) {
                records.check(Node.blob(diffId), got.bytes());
            }
        }
        return null;
    }
}
