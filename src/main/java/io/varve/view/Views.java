package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Fd;
import io.varve.os.FileSystemContext;
import io.varve.os.FilesAt;
import io.varve.os.MountFlags;
import io.varve.os.MountTable;
import io.varve.os.Mounts;
import io.varve.os.OsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The views of a store: trees of its images, mounted by the kernel at directories of the caller's.
 *
 * <p>An image's index is mounted once, where nobody but the owner of the store can reach it, and every view of the image
 * is another mount of that: a bind mount, or an overlay that keeps the view's writes in the store. Views outlive the
 * process and are known to the next one: the state is the kernel's mount table and a record of each view.
 *
 * <p>A view that the kernel does not have any more, after a reboot, an {@code umount} by somebody else or a process
 * killed half-way, is gone, and so is what was written to it: everything that mounts or unmounts,
 * and {@link #holding}, removes what is left of it. A view mounted in another mount namespace can neither be seen nor be called gone; it is
 * left alone, as are those of others than whoever asks.
 *
 * <p>Instances hold no state: several, in several processes and threads, may work on one store. Everything blocks.
 */
public final class Views {
    private static final Logger LOG = LoggerFactory.getLogger(Views.class);
    private static final String COVERED = "something else is mounted over it: unmount that first";
    private static final int ID_BYTES = 8;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Supplier<ViewBase> base;
    private final Backing backing;
    private final ReadOptions reads;

    /** @param viewsDirectory made, with mode 0700, by whatever first needs it */
    public Views(Path viewsDirectory) {
        this(viewsDirectory, Backing.ANY, ReadOptions.DEFAULTS);
    }

    public Views(Path viewsDirectory, Backing backing, ReadOptions reads) {
        this(() -> new ViewBase(viewsDirectory, null, ViewBase.NOBODY), backing, reads);
    }

    Views(Supplier<ViewBase> base, Backing backing, ReadOptions reads) {
        this.base = base;
        this.backing = backing;
        this.reads = reads;
    }

    /**
     * The views of the store in this directory. What is kept of them is in its {@code views}; of those that root mounts of a store
     * that is another user's it is in {@code /var/lib/varve-views}, for root to change and for the store's group to read.
     */
    public static Views of(Path store, ReadOptions reads) {
        return new Views(() -> ViewBase.of(store), Backing.ANY, reads);
    }

    /**
     * Mounts a view of the image, complete from the moment it can be seen.
     *
     * @param at an empty directory; or a missing one in a directory, which is made, and removed again with the view
     * @throws Failure Conflict when {@code at} is not empty or has something mounted; Unavailable when the kernel or the
     *     caller's rights do not allow it, with what is missing
     */
    public View mount(Index image, Path at, ViewOptions options) {
        return locked("mount " + at, store -> {
            store.sweep();
            Sight sight = store.look();
            boolean missing = !Files.exists(at, LinkOption.NOFOLLOW_LINKS);
            Path target = missing ? realOfMissing(at) : at.toRealPath();
            if (!missing) {
                if (sight.isMountPoint(target)) {
                    throw Failure.of(Category.CONFLICT, "something is mounted there already");
                }
                Destination.checkEmpty(target);
            }
            return mount(store, sight, image, new Place(target, missing, null), options);
        });
    }

    /**
     * Mounts a view in a directory of its own, which is made for it, for its owner alone, and goes with it: with whatever
     * else has been put there, but not while something is mounted in it.
     *
     * @param home a missing directory in a directory
     * @param name of the view's directory in there
     * @throws Failure as of {@link #mount}; Conflict when {@code home} is there
     */
    public View mountWithin(Index image, Path home, String name, ViewOptions options) {
        return locked("mount " + home.resolve(name), store -> {
            store.sweep();
            if (Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
                throw Failure.of(Category.CONFLICT, home + " is there already");
            }
            Path real = realOfMissing(home);
            return mount(store, store.look(), image, new Place(real.resolve(name), true, real), options);
        });
    }

    /**
     * Unmounts a view and forgets it, with everything that was written to it. The last view of an image takes the mount
     * of its index along.
     *
     * @throws Failure NotFound when no view is mounted there; Conflict while somebody uses it, or has mounted something
     *     over it
     */
    public void unmount(Path at) {
        locked("umount " + at, store -> {
            Path target = at.toRealPath();
            Sight sight = store.look();
            List<ViewRecord> there = sight.at(target);
            if (there.isEmpty()) {
                throw Failure.notFound("no view is mounted there");
            }
            Optional<MountTable.Entry> seen = sight.uppermost(target);
            if (there.stream().noneMatch(record -> seen.filter(record::isOf).isPresent())) {
                throw Failure.of(Category.CONFLICT, COVERED);
            }
            Mounts.unmount(target);
            return store.sweep();
        });
    }

    /** The views that are mounted, whoever mounted them. Takes no lock and changes nothing. */
    public List<View> mounted() {
        return seen(Sight::mounted);
    }

    private List<View> seen(Function<Sight, List<View>> those) {
        ViewBase here = base.get();
        List<View> views = new ArrayList<>();
        try {
            if (Files.isDirectory(here.own())) {
                views.addAll(those.apply(ViewStore.in(here.own()).look()));
            }
        } catch (IOException e) {
            throw Refused.by(e).during("list views");
        }
        views.addAll(ofOthers(here, those));
        return views;
    }

    private static List<View> ofOthers(ViewBase here, Function<Sight, List<View>> those) {
        Path other = here.other();
        try {
            return other == null || !Files.isReadable(other)
                    ? List.of()
                    : those.apply(ViewStore.in(other).look());
        } catch (IOException e) {
            LOG.warn("{} cannot be read, and what others have mounted is not known: {}", other, e.getMessage());
            return List.of();
        }
    }

    /**
     * Does something while no view comes or goes, and tells it of all views there are, mounted in whichever namespace.
     *
     * @param work must not come back here
     */
    public <T> T holding(Function<List<View>, T> work) {
        return locked("look at views", store -> {
            store.sweep();
            List<View> there = new ArrayList<>(store.look().there());
            there.addAll(ofOthers(base.get(), Sight::there));
            return work.apply(there);
        });
    }

    /** All views there are, in whichever namespace, as far as one can tell without holding them. */
    public List<View> known() {
        return seen(Sight::there);
    }

    /**
     * Where a view is to be.
     *
     * @param missing whether the directory is to be made
     * @param home what is to be made around it, if anything is
     */
    private record Place(
            Path directory, boolean missing, @Nullable Path home) {}

    private View mount(ViewStore store, Sight sight, Index image, Place place, ViewOptions options) throws IOException {
        try {
            return mounted(store, sight, image, place, options);
        } catch (IOException | RuntimeException e) {
            try {
                store.sweep();
            } catch (IOException | RuntimeException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private View mounted(ViewStore store, Sight sight, Index image, Place place, ViewOptions options)
            throws IOException {
        byte[] random = new byte[ID_BYTES];
        RANDOM.nextBytes(random);
        View view = new View(
                HexFormat.of().formatHex(random),
                image.chainId(),
                options.image(),
                place.directory(),
                options.writable());
        Path own = store.add(view.id());
        MountFlags flags = new MountFlags(!options.writable(), options.suid(), options.dev());
        try (Fd shared = shared(store, sight, image);
                Fd mount = options.writable() ? overlay(store, view.id(), shared, flags) : bind(shared, flags)) {
            // Before anything can be seen from outside, so that whatever happens next can be cleaned up.
            ViewRecord.of(view, place.missing(), place.home(), sight.here(), mount)
                    .write(own);
            if (place.home() != null) {
                Files.createDirectory(place.home(), ViewStore.PRIVATE);
            }
            if (place.missing()) {
                Files.createDirectory(place.directory());
            }
            try (Fd target = FilesAt.openDirectory(place.directory())) {
                Mounts.move(mount, target);
            }
        }
        return view;
    }

    /** The image's own mount, which is made if there is none. */
    private Fd shared(ViewStore store, Sight sight, Index image) throws IOException {
        Path place = store.shared(image.chainId());
        boolean there = sight.isMountPoint(place);
        if (there && sight.uppermost(place).filter(ErofsMount::isOne).isEmpty()) {
            throw Failure.of(Category.CONFLICT, place + ": " + COVERED);
        }
        Fd mount = there ? FilesAt.openDirectory(place) : ErofsMount.of(image, backing, reads);
        try (Fd target = FilesAt.openDirectory(place)) {
            if (!there) {
                Mounts.move(mount, target);
            }
            // Where the store is on a mount that shares, this one became such too, and so would its copies: what
            // somebody
            // mounts in one view would show in all. Not before the move, nor only then: a process may have ended
            // between.
            Mounts.makePrivate(mount);
            return mount;
        } catch (OsException e) {
            mount.close();
            throw e;
        }
    }

    private static Fd bind(Fd shared, MountFlags flags) throws OsException {
        Fd mount = Mounts.copy(shared);
        try {
            Mounts.setFlags(mount, flags);
            return mount;
        } catch (OsException e) {
            mount.close();
            throw e;
        }
    }

    private static Fd overlay(ViewStore store, String id, Fd shared, MountFlags flags) throws IOException {
        try (Fd upper = FilesAt.openDirectory(store.upper(id));
                Fd work = FilesAt.openDirectory(store.work(id));
                FileSystemContext overlay = FileSystemContext.open("overlay")) {
            RootAttributes.copy(shared, upper);
            // By descriptor: a path may be longer than a value, or hold what overlayfs takes for a separator.
            return overlay.set("source", "varve")
                    .set("lowerdir", shared.path())
                    .set("upperdir", upper.path())
                    .set("workdir", work.path())
                    .set("redirect_dir", "off")
                    .set("metacopy", "off")
                    .mount(flags);
        }
    }

    private static Path realOfMissing(Path at) throws IOException {
        Path absolute = at.toAbsolutePath().normalize();
        Path above = absolute.getParent();
        Path name = absolute.getFileName();
        if (above == null || name == null) {
            throw Failure.invalid("nothing can be mounted at the root");
        }
        return above.toRealPath().resolve(name);
    }

    private interface Work<T> {
        T in(ViewStore store) throws IOException;
    }

    private <T> T locked(String doing, Work<T> work) {
        try {
            ViewStore store = ViewStore.at(base.get());
            try (ViewLock _ = ViewLock.take(store.lock())) {
                return work.in(store);
            }
        } catch (NoSuchFileException e) {
            throw Failure.of(Category.NOT_FOUND, e.getFile() + " does not exist", e)
                    .during(doing);
        } catch (IOException e) {
            throw Refused.by(e).during(doing);
        } catch (Failure e) {
            throw e.during(doing);
        }
    }
}
