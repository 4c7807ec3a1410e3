package io.varve.bundle;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Rootfs;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Tree;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.pipeline.Image;
import io.varve.view.Materialise;
import io.varve.view.UnpackOptions;
import io.varve.view.UnpackProgress;
import io.varve.view.View;
import io.varve.view.ViewOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Makes bundles of images:
 *
 * <pre>
 *   bundles.create(image, Path.of("bundle"), options);
 *   // runc run --bundle bundle NAME
 * </pre>
 *
 * <p>{@code config.json} comes last, so a directory that has it is a whole bundle. Any thread; blocks.
 */
public final class Bundles {
    private static final int MOST_BYTES = 1 << 20;

    private final Rootfs rootfs;
    private final int workers;

    /** @param workers how many threads unpack */
    public Bundles(Rootfs rootfs, int workers) {
        this.rootfs = rootfs;
        this.workers = workers;
    }

    /**
     * @param directory a new or empty one; for its owner alone (mode 0700) from then on, and {@code config.json} (0600)
     * @throws Failure Conflict when it is neither, or somebody else is making a bundle there; NotFound for a user that the image
     *     does not know; Invalid for what cannot be run; what mounting or unpacking throws. Then nothing is left of it, and
     *     what others have made there is
     */
    public void create(Image image, Path directory, BundleOptions options) {
        Claim claim = new Claim(directory, rootfs);
        try {
            claim.take();
            if (options.root() == BundleOptions.Root.UNPACKED) {
                // Before all that may be large: a disk that has room for the root has some left for it then.
                claim.write(config(image, options, path -> file(image, path)));
                claim.makeRoot();
                unpack(image, claim.root(), options);
            } else {
                claim.mounted(rootfs.mount(image, claim.root(), mounting(options)));
                claim.write(configOfMounted(image, options, claim.root()));
            }
            claim.finish();
        } catch (IOException | RuntimeException e) {
            claim.takeBack(e);
            throw Failure.from(e).during("bundle " + directory);
        }
    }

    /**
     * Mounts one in the place that root filesystems have that nobody has another place for. It goes with its root, with
     * whatever else is in it.
     *
     * @param options of a root that is mounted
     * @return the view, whose directory is below that of the bundle
     */
    public View create(Image image, BundleOptions options) {
        if (options.root() == BundleOptions.Root.UNPACKED) {
            throw new IllegalArgumentException("a root of files is no view");
        }
        View view = rootfs.mountWithin(image, Claim.ROOT, mounting(options));
        Path directory = Objects.requireNonNull(view.directory().getParent());
        Claim claim = new Claim(directory, rootfs);
        try {
            claim.takeWith(view);
            claim.write(configOfMounted(image, options, claim.root()));
            claim.finish();
            return view;
        } catch (IOException | RuntimeException e) {
            claim.takeBack(e);
            throw Failure.from(e).during("bundle " + directory);
        }
    }

    /** The kernel finds the files at once, in an image of whatever size. */
    private static ObjectNode configOfMounted(Image image, BundleOptions options, Path root) {
        return config(image, options, path -> file(root, path));
    }

    /** @param files by their paths; empty for those that are none */
    private static ObjectNode config(Image image, BundleOptions options, Function<String, byte[]> files) {
        Users users = new Users(files.apply("etc/passwd"), files.apply("etc/group"));
        User host = new User(FilesAt.user(), FilesAt.group(), List.of());
        return RuntimeConfig.of(image.plan().config(), options, users, host);
    }

    private static byte[] file(Image image, String path) {
        Tree tree = image.tree();
        int inode = tree.resolve(path.getBytes(StandardCharsets.UTF_8));
        if (inode == Tree.NONE || tree.type(inode) != FileType.REGULAR) {
            return new byte[0];
        }
        checkSize(path, tree.size(inode));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            tree.copy(inode, image.layers(), Channels.newChannel(bytes));
        } catch (IOException e) {
            throw Failure.from(e).during("/" + path + " of the image");
        }
        return bytes.toByteArray();
    }

    private static byte[] file(Path root, String path) {
        try (Fd top = FilesAt.openDirectory(root);
                Fd file = FilesAt.openFileInRoot(top, path)) {
            FileStatus status = file == null ? null : FilesAt.status(file);
            if (file == null || status == null || !status.isRegular()) {
                return new byte[0];
            }
            checkSize(path, status.size());
            return FilesAt.read(file, (int) status.size());
        } catch (IOException e) {
            throw Failure.from(e).during("/" + path + " of the image");
        }
    }

    private static void checkSize(String path, long size) {
        if (size > MOST_BYTES) {
            throw Failure.of(Category.EXCEEDED, "size: got " + size + " bytes, wanted " + MOST_BYTES + " or fewer")
                    .during("/" + path + " of the image");
        }
    }

    private static ViewOptions mounting(BundleOptions options) {
        // Writable in any case: of a root for reading alone the runtime makes one, when it has made what it mounts
        // things
        // at, which images need not have. Programs gain no privileges inside (noNewPrivileges), and are not to gain any
        // outside, where the mount is seen too.
        return new ViewOptions(true, false, false, options.image());
    }

    private void unpack(Image image, Path at, BundleOptions options) {
        UnpackOptions unpacking = new UnpackOptions(options.rootless(), workers, UnpackProgress.NONE);
        Materialise.unpack(image.tree(), image.layers(), at, unpacking);
    }
}
