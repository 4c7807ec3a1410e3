package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What this machine has. A test that needs more is skipped, saying what is missing; with {@code
 * VARVE_REQUIRE_PEERS=true} it fails instead.
 */
public final class Peers {
    private static final boolean REQUIRED = "true".equals(System.getenv("VARVE_REQUIRE_PEERS"));

    private Peers() {}

    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Whether the kernel lets us mount EROFS. */
    public static boolean kernelMounts() {
        try {
            boolean possible =
                    isRoot() && Files.readString(Path.of("/proc/filesystems")).contains("\terofs\n");
            if (REQUIRED) {
                assertThat(possible).as("root, and a kernel with EROFS").isTrue();
            }
            return possible;
        } catch (IOException e) {
            return false;
        }
    }

    /** The test needs these programs. */
    public static void need(String... programs) {
        for (String program : programs) {
            boolean there = Arrays.stream(System.getenv("PATH").split(":", -1))
                    .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
            if (REQUIRED) {
                assertThat(there).as("peer " + program).isTrue();
            }
            assumeTrue(there, "needs " + program);
        }
    }

    /** The test needs what the machine may lack beside programs. */
    public static void need(boolean there, String what) {
        if (REQUIRED) {
            assertThat(there).as("peer " + what).isTrue();
        }
        assumeTrue(there, "needs " + what);
    }

    /** The test needs the command, which {@code mvn package} builds. */
    public static Path command() {
        Path command = Path.of("target", "varve").toAbsolutePath();
        if (REQUIRED) {
            assertThat(command).isExecutable();
        }
        assumeTrue(Files.isExecutable(command), "needs target/varve");
        return command;
    }

    /** The test needs to be root. */
    public static void needRoot() {
        if (REQUIRED) {
            assertThat(isRoot()).as("root").isTrue();
        }
        assumeTrue(isRoot(), "needs root");
    }

    /** The test needs kernel mounts of EROFS. */
    public static void needKernelMounts() {
        assumeTrue(kernelMounts(), "needs root and a kernel with EROFS");
    }
}
