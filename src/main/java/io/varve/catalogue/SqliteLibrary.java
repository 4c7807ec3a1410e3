package io.varve.catalogue;

import io.varve.os.Staging;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite itself, which the driver carries as a native library. Left to itself the driver asks {@code uname} what system this
 * is, and writes the library to a new file that it deletes when the JVM ends in the usual way, which a command does not.
 * So it is told where the library is: where {@code org.sqlite.lib.path} says, as our launcher does, else in a directory
 * that is gone again as soon as the library is loaded.
 */
public final class SqliteLibrary {
    /** The driver's word for where the library is. */
    private static final String PLACE = "org.sqlite.lib.path";

    private static final String NAME = "libsqlitejdbc.so";

    private static boolean loaded;

    private SqliteLibrary() {}

    /** Writes the library for this machine into a directory; false when it is none that we know, which the driver may. */
    public static boolean writeTo(Path directory) throws IOException {
        String resource = resource();
        if (resource == null) {
            return false;
        }
        try (InputStream library = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
            if (library == null) {
                return false;
            }
            Files.copy(library, directory.resolve(NAME));
            return true;
        }
    }

    /** Loads it, once in a process. Where that fails the driver does it in its own way, and says what is wrong. */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        loaded = true;
        if (System.getProperty(PLACE) != null) {
            return;
        }
        try {
            Path directory = Files.createTempDirectory("varve-sqlite-");
            try {
                if (writeTo(directory)) {
                    System.setProperty(PLACE, directory.toString());
                    SQLiteJDBCLoader.initialize();
                }
            } finally {
                System.clearProperty(PLACE);
                Staging.delete(directory);
            }
        } catch (Exception e) {
            // The driver's own way is left.
        }
    }

    private static @Nullable String resource() throws IOException {
        String machine =
                switch (Objects.toString(System.getProperty("os.arch"), "")) {
                    case "amd64" -> "x86_64";
                    case "aarch64" -> "aarch64";
                    default -> null;
                };
        return machine == null || !isLinux() || isMusl() ? null : "/org/sqlite/native/Linux/" + machine + "/" + NAME;
    }

    private static boolean isLinux() {
        return "Linux".equals(System.getProperty("os.name"));
    }

    private static boolean isMusl() throws IOException {
        try (DirectoryStream<Path> loaders = Files.newDirectoryStream(Path.of("/lib"), "ld-musl-*")) {
            return loaders.iterator().hasNext();
        }
    }
}
