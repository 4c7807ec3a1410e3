package io.varve.cli;

import io.varve.api.Api;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * Everyday commands, one after another, on an image and stores of their own, and a service that is asked what services are asked: so
 * that a JVM which records what it loads, and what it learns of methods, has loaded what they need and learned what is done
 * often. What they print and how they end does not matter.
 */
public final class Rehearsal {
    private static final List<String> QUESTIONS = List.of(
            "GET /health/ready",
            "GET /v1/images",
            "GET /v1/images/" + DemoImage.NAME,
            "GET /v1/images/" + DemoImage.NAME + "/files/etc/",
            "GET /v1/images/" + DemoImage.NAME + "/files/etc/motd",
            "GET /v1/jobs",
            "GET /v1/jobs/none",
            "GET /metrics",
            "GET /");

    private static final int PULLS = 3;

    private static final String[][] LOOKUPS = {
        {"images"},
        {"images", "--json"},
        {"ls", "-l", DemoImage.NAME, "/etc"},
        {"ls", "--json", DemoImage.NAME, "/etc"},
        {"cat", DemoImage.NAME, "/etc/motd"},
        {"cat", DemoImage.NAME, "/not/there"},
        {"inspect", DemoImage.NAME},
        {"usage", DemoImage.NAME},
        {"diff", DemoImage.NAME, LargeImage.NAME},
        {"mounts"},
        {"tag", DemoImage.NAME, "another"},
        {"rm", "another"},
        {"gc"},
        {"--version"},
        {"--help"}
    };

    private final Path directory;
    private final Path store;
    private final Function<GlobalOptions, UseCases> compose;

    /** @param directory what is written to it is of no use to anybody else */
    public Rehearsal(Path directory, Function<GlobalOptions, UseCases> compose) {
        this.directory = directory;
        this.store = directory.resolve("store");
        this.compose = compose;
    }

    /** Everything. Makes the directory. */
    public void run() throws IOException {
        Files.createDirectory(directory);
        Path layout = directory.resolve("layout");
        DemoImage.write(layout);
        command(store, "pull", "oci:" + layout + ":" + DemoImage.NAME);
        Path large = directory.resolve("large");
        LargeImage.write(large);
        command(store, "pull", "oci:" + large + ":" + LargeImage.NAME);
        serve();
        lookups();
        command(store, "ls", "oci:" + layout);
        command(store, "unpack", "--rootless", DemoImage.NAME, place("rootfs"));
    }

    /**
     * What reads a store, names its images, makes something of them and takes them from it, in that of {@link #run}.
     *
     * @param mounts whether something is mounted, which is for a process with a mount namespace of its own
     */
    public void lookUp(boolean mounts) {
        lookups();
        command(store, "unpack", "--rootless", DemoImage.NAME, place("files"));
        command(store, "export", "--format", "rootfs", "-o", place("files.tar"), DemoImage.NAME);
        command(store, "bundle", "--rootless", DemoImage.NAME, place("bundle"));
        if (mounts) {
            command(store, "mount", DemoImage.NAME, place("view"));
            command(store, "umount", place("view"));
            command(store, "bundle", DemoImage.NAME, place("mounted"));
            command(store, "umount", place("mounted/rootfs"));
        }
        command(store, "rm", LargeImage.NAME);
        command(store, "gc");
    }

    private String place(String name) {
        return directory.resolve(name).toString();
    }

    private void lookups() {
        for (String[] words : LOOKUPS) {
            command(store, words);
        }
    }

    /** The store is asked for all that there is, and another one pulls from it. */
    private void serve() throws IOException {
        GlobalOptions options = new GlobalOptions();
        options.store = store;
        UseCases useCases = compose.apply(options);
        Path other = directory.resolve("other");
        try (Api api = useCases.serving().apply(useCases.http().anywhere())) {
            String image = api.address() + "/hello:1";
            command(store, "tag", DemoImage.NAME, image);
            command(other, "pull", image);
            pullOften(other, api.address() + "/large:1");
            String order = "{\"image\": \"" + image + "\"}";
            ask(
                    api,
                    "POST /v1/pulls",
                    "Content-Type: application/json\r\nPrefer: wait=10\r\nContent-Length: " + order.length()
                            + "\r\n\r\n" + order);
            for (String question : QUESTIONS) {
                ask(api, question, "\r\n");
            }
        }
    }

    /** Each time from the first byte to the last, so that what a pull takes most of its time for is done often. */
    private void pullOften(Path other, String image) {
        command(store, "tag", LargeImage.NAME, image);
        for (int i = 0; i < PULLS; i++) {
            command(other, "pull", image);
            command(other, "rm", image);
            command(other, "gc");
        }
    }

    private static void ask(Api api, String question, String rest) throws IOException {
        String[] address = api.address().split(":", -1);
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            OutputStream out = socket.getOutputStream();
            out.write((question + " HTTP/1.1\r\nHost: " + api.address() + "\r\nConnection: close\r\n" + rest)
                    .getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        }
    }

    private void command(Path store, String... command) {
        String[] words = new String[command.length + 3];
        words[0] = "-q";
        words[1] = "--store";
        words[2] = store.toString();
        System.arraycopy(command, 0, words, 3, command.length);
        VarveCommand.run(words, compose);
    }
}
