package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Programs of this machine, for images in which something is to run. */
final class HostPrograms {
    private static final Pattern LIBRARY = Pattern.compile("(/[^ ]+) \\(0x");

    private HostPrograms() {}

    /** Adds them, and the libraries that they load, where they are here. */
    static Tarball into(Tarball tar, Path directory, String... programs) throws IOException, InterruptedException {
        TreeSet<String> files = new TreeSet<>();
        for (String program : programs) {
            files.add(program);
            Matcher libraries = LIBRARY.matcher(new Program(directory, "ldd", program).succeed());
            while (libraries.find()) {
                files.add(libraries.group(1));
            }
        }
        for (String file : files) {
            tar.mode(0755).file(file.substring(1).getBytes(UTF_8), Files.readAllBytes(Path.of(file)));
        }
        return tar;
    }
}
