package io.varve.verify;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Tag;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.store.OwnFile;
import io.varve.store.Store;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is in a store beside its content: the catalogue as a database, {@code index.json}, and files of nobody. */
final class OwnCheck implements AutoCloseable {
    /** The store's own index.json may be larger than what is taken from others: 4 million names. */
    private static final long INDEX_BYTES = 1 << 30;

    private static final String CATALOGUE = "catalogue.db";
    private static final String INDEX = "index.json";
    private static final String MARKER = "oci-layout";
    private static final Set<String> CONTENT = Set.of("blobs", "layers", "images");
    private static final Set<String> KNOWN = Set.of(
            "views",
            "rootfs",
            "serve",
            "ingest",
            "quarantine",
            "spare",
            "lock",
            "unsynced",
            "varve.json",
            MARKER,
            INDEX,
            CATALOGUE);

    private final Store store;
    private final Map<OwnFile, Finding> findings = new EnumMap<>(OwnFile.class);

    private @Nullable Catalogue catalogue;

    OwnCheck(Store store) {
        this.store = store;
    }

    /** What is wrong with the store's own files. */
    Map<OwnFile, Finding> findings() {
        return findings;
    }

    /** Looks at the catalogue. It is closed with this; null when there is none that can be relied on. */
    @Nullable
    Catalogue catalogue() {
        store.checkForm();
        try {
            catalogue = store.readCatalogue().orElse(null);
            if (catalogue == null) {
                if (hasContent()) {
                    findings.put(OwnFile.CATALOGUE, Finding.of(Finding.Kind.MISSING, CATALOGUE, "got none"));
                }
                return null;
            }
            List<String> problems = catalogue.problems();
            if (problems.isEmpty()) {
                return catalogue;
            }
            findings.put(OwnFile.CATALOGUE, Finding.of(Finding.Kind.DAMAGED, CATALOGUE, String.join("; ", problems)));
        } catch (Failure e) {
            if (e.category() != Category.INVALID) {
                throw e;
            }
            findings.put(OwnFile.CATALOGUE, Finding.of(Finding.Kind.DAMAGED, CATALOGUE, e.getMessage()));
        }
        return null;
    }

    private boolean hasContent() {
        return CONTENT.stream().anyMatch(each -> Files.exists(store.directory().resolve(each)));
    }

    /** @param catalogue null when it is not to be relied on */
    void layout(@Nullable Catalogue catalogue) {
        Ledger ledger = new Ledger(() -> isQuiet(store), finding -> findings.put(file(finding), finding));
        if (Files.exists(store.directory().resolve(CATALOGUE)) || hasContent()) {
            Map<String, String> names;
            try {
                names = names();
            } catch (Failure e) {
                if (e.category() == Category.CANCELLED) {
                    throw e;
                }
                String file = e.doing().contains(MARKER) ? MARKER : INDEX;
                ledger.suspect(Finding.of(Finding.Kind.DAMAGED, file, e.getMessage()), this::isUnreadable);
                ledger.settle();
                return;
            }
            if (catalogue != null && difference(catalogue, names) != null) {
                Stale stale = new Stale(catalogue, names);
                String wrong = String.valueOf(difference(catalogue, names));
                ledger.suspect(Finding.of(Finding.Kind.STALE, INDEX, wrong), stale::isStill);
                ledger.settle();
            }
        }
    }

    private static OwnFile file(Finding finding) {
        return finding.what().equals(MARKER) ? OwnFile.LAYOUT_MARKER : OwnFile.LAYOUT_INDEX;
    }

    private boolean isUnreadable() {
        try {
            names();
            return false;
        } catch (Failure e) {
            return e.category() != Category.CANCELLED;
        }
    }

    private Map<String, String> names() {
        Map<String, String> names = new HashMap<>();
        for (NamedImage image : OciLayout.open(store.directory(), INDEX_BYTES).images()) {
            names.put(String.valueOf(image.name()), words(image.descriptor()));
        }
        return names;
    }

    private static String words(Descriptor image) {
        return image.digest() + " of " + image.size() + " bytes, " + image.mediaType();
    }

    private static Map<String, String> tags(Catalogue catalogue) {
        Map<String, String> tags = new HashMap<>();
        for (Tag tag : catalogue.tags("", "", Integer.MAX_VALUE)) {
            tags.put(tag.name(), words(tag.image()));
        }
        return tags;
    }

    private static @Nullable String difference(Catalogue catalogue, Map<String, String> names) {
        Map<String, String> tags = tags(catalogue);
        Set<String> all = new TreeSet<>(tags.keySet());
        all.addAll(names.keySet());
        for (String name : all) {
            String got = names.getOrDefault(name, "nothing");
            String wanted = tags.getOrDefault(name, "nothing");
            if (!got.equals(wanted)) {
                return name + ": got " + got + ", wanted " + wanted;
            }
        }
        return null;
    }

    /** Beside a writer index.json is behind all the time, but not with the same names. */
    private final class Stale {
        private final Catalogue catalogue;
        private final Map<String, String> names;
        private final Map<String, String> tags;

        Stale(Catalogue catalogue, Map<String, String> names) {
            this.catalogue = catalogue;
            this.names = names;
            tags = OwnCheck.tags(catalogue);
        }

        boolean isStill() {
            boolean quiet = isQuiet(store);
            Map<String, String> now = names();
            return quiet
                    ? difference(catalogue, now) != null
                    : names.equals(now) && tags.equals(OwnCheck.tags(catalogue)) && !tags.equals(now);
        }
    }

    /** Tells of everything in the store's directory that nobody knows. */
    void foreign(Consumer<Path> each) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(store.directory())) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                // SQLite has files of its own beside the catalogue, under names that begin with its name.
                if (!CONTENT.contains(name) && !KNOWN.contains(name) && !name.startsWith(CATALOGUE + "-")) {
                    each.accept(file);
                }
            }
        } catch (IOException e) {
            throw Failure.from(e).during("listing " + store.directory());
        }
    }

    /** SQLite keeps a log while somebody has the catalogue open to write. */
    static boolean isQuiet(Store store) {
        return Files.notExists(store.directory().resolve(CATALOGUE + "-wal"));
    }

    @Override
    public void close() {
        if (catalogue != null) {
            catalogue.close();
        }
    }
}
