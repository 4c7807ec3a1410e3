package io.varve.image;

import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.os.Staging;
import io.varve.pipeline.Image;
import io.varve.view.Index;
import io.varve.view.View;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Images as root filesystems that the kernel mounts. Any thread; blocks. */
public final class Rootfs {
    private static final int NAME_BYTES = 8;
    private static final int BUNDLE_DEPTH = 2;
    private static final String CONFIG = "config.json";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Views views;
    private final Path directory;

    /** @param directory where those are mounted that nobody has another place for; made, with mode 0700, by the first of them */
    public Rootfs(Views views, Path directory) {
        this.views = views;
        this.directory = directory;
    }

    /** As {@link Views#mount}; the image's index is written if the store has none. */
    public View mount(Image image, Path at, ViewOptions options) {
        return views.mount(index(image), at, options);
    }

    /** In a place of our own. */
    public View mount(Image image, ViewOptions options) {
        return views.mount(index(image), fresh(), options);
    }

    /** As {@link Views#mountWithin}, in a place of our own. */
    public View mountWithin(Image image, String name, ViewOptions options) {
        return views.mountWithin(index(image), fresh(), name, options);
    }

    private static Index index(Image image) {
        return new Index(
                image.chainId(),
                image.index(),
                image.layers().stream().map(Layer::tar).toList());
    }

    /** A place of our own that nobody has yet. */
    private Path fresh() {
        byte[] name = new byte[NAME_BYTES];
        RANDOM.nextBytes(name);
        try {
            Staging.makeDirectories(directory);
        } catch (IOException e) {
            throw Failure.from(e).during("mount " + directory);
        }
        return directory.resolve(HexFormat.of().formatHex(name));
    }

    /** As {@link Views#unmount}. */
    public void unmount(Path at) {
        views.unmount(at);
    }

    /** Those in our own place, of whichever process; others are their users' alone. */
    public List<View> mounted() {
        return views.mounted().stream().filter(this::isOurs).toList();
    }

    private boolean isOurs(View view) {
        try {
            if (!Files.isDirectory(directory)) {
                return false;
            }
            Path place = directory.toRealPath();
            return view.directory().startsWith(place)
                    && view.directory().getNameCount() - place.getNameCount() <= BUNDLE_DEPTH;
        } catch (IOException e) {
            throw Failure.from(e).during("list views");
        }
    }

    /**
     * Takes away one of ours, with what was written to it, and the bundle that it is the root of, with whatever is in it.
     *
     * @throws Failure NotFound when there is none; Conflict while somebody uses it
     */
    public void remove(String id) {
        View view = mounted().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow(() -> Failure.notFound("got no rootfs " + id));
        views.unmount(view.directory());
    }

    /** The bundle that a view is the root of, if it is one's. */
    public static Optional<Path> bundle(View view) {
        Path config = view.directory().resolveSibling(CONFIG);
        return Files.exists(config) ? Optional.ofNullable(config.getParent()) : Optional.empty();
    }
}
