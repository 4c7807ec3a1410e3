package io.varve.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Everyday commands, one after another, on an image and a store of their own: so that a JVM which records what it loads has
 * loaded what commands need. What they print and how they end does not matter. Nothing is mounted.
 */
public final class Rehearsal {
    private Rehearsal() {}

    /** @param directory empty; what was written to it is of no use to anybody */
    public static void run(Path directory, Function<GlobalOptions, UseCases> compose) throws IOException {
        Path layout = directory.resolve("layout");
        Path store = directory.resolve("store");
        DemoImage.write(layout);
        String[][] commands = {
            {"pull", "oci:" + layout + ":" + DemoImage.NAME},
            {"images"},
            {"images", "--json"},
            {"ls", "-l", DemoImage.NAME, "/etc"},
            {"ls", "oci:" + layout},
            {"cat", DemoImage.NAME, "/etc/motd"},
            {"inspect", DemoImage.NAME},
            {"tag", DemoImage.NAME, "another"},
            {"rm", "another"},
            {"mounts"},
            {"gc"},
            {"unpack", "--rootless", DemoImage.NAME, directory.resolve("rootfs").toString()},
            {"cat", DemoImage.NAME, "/not/there"},
            {"--version"},
            {"--help"}
        };
        for (String[] command : commands) {
            String[] words = new String[command.length + 3];
            words[0] = "-q";
            words[1] = "--store";
            words[2] = store.toString();
            System.arraycopy(command, 0, words, 3, command.length);
            VarveCommand.run(words, compose);
        }
    }
}
