package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Programs of this machine, for images in which something is to run. */
final class HostPrograms {
    private static final Pattern LIBRARY = Pattern.compile("(/[^ ]+) \\(0x");

    private HostPrograms() {}

    /** Adds them, and the libraries that they load, where they are here. */
    static Tarball into(Tarball tar, Path directory, String... programs) throws IOException, InterruptedException {
        for (String file : files(directory, programs)) {
            tar.mode(0755).file(file.substring(1).getBytes(UTF_8), Files.readAllBytes(Path.of(file)));
        }
        return tar;
    }

    /** The same, for a directory that is to be a root. */
    static void into(Path root, String... programs) throws IOException, InterruptedException {
        for (String file : files(root, programs)) {
            Path copy = root.resolve(file.substring(1));
            Files.createDirectories(copy.getParent());
            Files.copy(Path.of(file), copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    private static SortedSet<String> files(Path directory, String... programs)
            throws IOException, InterruptedException {
        SortedSet<String> files = new TreeSet<>();
        for (String program : programs) {
            files.add(program);
            Matcher libraries = LIBRARY.matcher(new Program(directory, "ldd", program).succeed());
            while (libraries.find()) {
                files.add(libraries.group(1));
            }
        }
        return files;
    }
}
