package io.varve.api;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is made of files that may change while we run. They are read again every two seconds, on a worker; what is new in them is
 * taken on, and what is wrong is told once, while what was made before stays. Belongs to one event loop.
 */
final class FileWatch<T> {
    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);
    private static final long PERIOD_MILLIS = 2_000;
    private static final int MOST_BYTES = 1 << 20;

    private final Context context;
    private final WorkerExecutor workers;
    private final String name;
    private final List<Path> files;
    private final Making<T> making;
    private final Taking<T> taking;

    // Of the last time that it was looked at, which ends before it is looked at again.
    private volatile String seen = "";
    private String wrong = "";

    /** Reads what stands in the files, in their order. On a worker. */
    @FunctionalInterface
    interface Making<T> {
        T of(List<byte[]> contents) throws Exception;
    }

    /** On the event loop. */
    @FunctionalInterface
    interface Taking<T> {
        Future<?> take(T made);
    }

    /** @param name of what they are, for people */
    FileWatch(
            Context context,
            WorkerExecutor workers,
            String name,
            List<Path> files,
            Making<T> making,
            Taking<T> taking) {
        this.context = context;
        this.workers = workers;
        this.name = name;
        this.files = List.copyOf(files);
        this.making = making;
        this.taking = taking;
    }

    /** Reads them for the first time; fails when they will not do. */
    Future<T> begin() {
        return look().map(made -> made.orElseThrow(() -> new IllegalStateException("nothing was seen before")))
                .recover(thrown -> Future.failedFuture(Failure.from(thrown).during(name)));
    }

    /** From now on, for as long as the event loop is there. */
    void goOn() {
        context.owner()
                .setTimer(
                        PERIOD_MILLIS,
                        passed -> look().compose(made -> made.isEmpty()
                                        ? Future.succeededFuture()
                                        : taking.take(made.get()).onSuccess(taken -> {
                                            wrong = "";
                                            LOG.info("{} changed, and hold from now on", name);
                                        }))
                                .onFailure(this::tell)
                                .onComplete(done -> goOn()));
    }

    private void tell(Throwable thrown) {
        String message = Failure.from(thrown).getMessage();
        if (!message.equals(wrong)) {
            wrong = message;
            LOG.warn("{} stay as they were: {}", name, message);
        }
    }

    /** What is made of them; empty when they are as they were. */
    private Future<Optional<T>> look() {
        return workers.executeBlocking(
                        () -> {
                            List<byte[]> contents = new ArrayList<>();
                            StringBuilder digests = new StringBuilder();
                            for (Path file : files) {
                                byte[] content = read(file);
                                contents.add(content);
                                digests.append(Digest.sha256(content));
                            }
                            if (digests.toString().equals(seen)) {
                                return Optional.<T>empty();
                            }
                            // What is wrong is looked at once.
                            seen = digests.toString();
                            return Optional.of(making.of(contents));
                        },
                        false)
                .map(Objects::requireNonNull);
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw Failure.invalid("got more than " + MOST_BYTES + " bytes").during(file.toString());
            }
            return bytes;
        }
    }
}
