package io.varve.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Another process that holds a store, with a job that it began and a directory that it staged, until it is let go or killed. */
public final class HoldingProcess implements AutoCloseable {
    static final String PURPOSE = "holding on";

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String HELD = "held";

    private final Process process;

    private HoldingProcess(Process process) {
        this.process = process;
    }

    /** Returns when it holds the store. */
    public static HoldingProcess of(Path store) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        HoldingProcess.class.getName(),
                        store.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        HoldingProcess holding = new HoldingProcess(process);
        InputStream out = process.getInputStream();
        if (!HELD.equals(new String(out.readNBytes(HELD.length()), US_ASCII))) {
            holding.close();
            throw new IOException("the other process did not get the store");
        }
        return holding;
    }

    long pid() {
        return process.pid();
    }

    public void letGo() throws IOException, InterruptedException {
        try (OutputStream in = process.getOutputStream()) {
            in.write('\n');
        }
        process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) {
        try (Store store = new Store(Path.of(arguments[0]), StoreOptions.DEFAULTS)) {
            store.write(PURPOSE, session -> {
                session.write(transaction -> transaction.begin("pull", "what died", Instant.now()));
                try {
                    Path staged = store.staging().begin("layer").directory();
                    Files.writeString(staged.resolve("tar"), "half");
                    System.out.print(HELD);
                    System.out.flush();
                    return Objects.checkIndex(System.in.read() + 1, Integer.MAX_VALUE);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
