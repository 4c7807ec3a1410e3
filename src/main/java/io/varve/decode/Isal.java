package io.varve.decode;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Intel's library that inflates faster than zlib: where it is found, and its calls. Of what it is given it reads no byte more, and
 * writes no byte more, than it is told to. Any thread.
 */
final class Isal {
    private static final Logger LOG = LoggerFactory.getLogger(Isal.class);

    /** Where a library may be. */
    enum Place {
        /** Any version that passes {@link IsalTrial}, on any machine. */
        SYSTEM("libisal.so.2"),
        /** Of Intel's genomics library, which has ISA-L in it, for x86_64. */
        JAR("libgkl_compression.so");

        private final String file;

        Place(String file) {
            this.file = file;
        }
    }

    /** Looked for by the first stream that wants it; the others wait meanwhile. */
    private static final class Found {
        private static final Optional<Isal> ISAL = find(Place.SYSTEM).or(() -> find(Place.JAR));
    }

    private final String library;
    private final MethodHandle init;
    private final MethodHandle reset;
    private final MethodHandle inflate;

    /**
     * @param name of the library's file
     * @throws NoSuchElementException when the library lacks a function
     */
    Isal(String name, SymbolLookup library) {
        this.library = name;
        init = function(library, "isal_inflate_init");
        reset = function(library, "isal_inflate_reset");
        inflate = function(library, "isal_inflate");
    }

    /** The library that this process uses, if there is one on this machine that does what we expect of it. May block, once. */
    static Optional<Isal> get() {
        return Found.ISAL;
    }

    /** Tried; empty, with a line in the log, when it is not what it should be. */
    private static Optional<Isal> find(Place place) {
        Optional<Isal> isal;
        try {
            isal = load(place);
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.info("{} cannot be loaded, so gzip does without: {}", place.file, e.getMessage());
            return Optional.empty();
        }
        try {
            isal.ifPresent(IsalTrial::run);
            return isal;
        } catch (RuntimeException e) {
            LOG.warn("{} is no ISA-L as it is known here, so gzip does without: {}", place.file, e.getMessage());
            return Optional.empty();
        }
    }

    /** Without a trial; empty when there is none. */
    static Optional<Isal> load(Place place) throws IOException {
        return switch (place) {
            case SYSTEM -> open(place.file);
            case JAR -> unpack(place.file);
        };
    }

    /** By its name, where the system keeps libraries. */
    private static Optional<Isal> open(String name) {
        SymbolLookup library;
        try {
            library = SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // the usual case, of which there is no more to say
        }
        return Optional.of(new Isal(name, library));
    }

    /** Out of a jar, by way of a file that is gone again as soon as the library is loaded. */
    private static Optional<Isal> unpack(String name) throws IOException {
        if (!"amd64".equals(System.getProperty("os.arch")) || !"Linux".equals(System.getProperty("os.name"))) {
            return Optional.empty();
        }
        try (InputStream library = Isal.class.getResourceAsStream("/com/intel/gkl/native/" + name)) {
            if (library == null) {
                return Optional.empty();
            }
            Path file = Files.createTempFile("varve-isal-", ".so");
            try {
                write(library, file);
                return Optional.of(new Isal(name, SymbolLookup.libraryLookup(file, Arena.global())));
            } finally {
                Files.delete(file);
            }
        }
    }

    /** Into the file that is there: one in its place would have whatever mode the umask leaves, and others could write to it. */
    static void write(InputStream library, Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
            library.transferTo(out);
        }
    }

    /** Linked as all the others are, which takes the JVM milliseconds once: what one returns that returns nothing is not looked at. */
    private static MethodHandle function(SymbolLookup library, String name) {
        return Linker.nativeLinker()
                .downcallHandle(
                        library.find(name).orElseThrow(() -> new NoSuchElementException("it has no " + name)),
                        FunctionDescriptor.of(JAVA_INT, ADDRESS));
    }

    /** Its file, by the name it came under. */
    String library() {
        return library;
    }

    void init(MemorySegment state) {
        call(init, state);
    }

    void reset(MemorySegment state) {
        call(reset, state);
    }

    /** Not as a critical call: it works for as long as a millisecond, which is too long for others to wait for a safepoint. */
    int inflate(MemorySegment state) {
        return call(inflate, state);
    }

    private static int call(MethodHandle function, MemorySegment state) {
        try {
            return (int) function.invokeExact(state);
        } catch (RuntimeException e) {
            throw e; // the state was closed
        } catch (Throwable e) {
            throw new IllegalStateException("a native call threw", e);
        }
    }
}
