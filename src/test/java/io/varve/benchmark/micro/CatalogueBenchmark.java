package io.varve.benchmark.micro;

import io.varve.catalogue.CatalogueWriter;
import io.varve.catalogue.Node;
import io.varve.oci.Digest;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many transactions of three rows the catalogue has on the disk in a second, one after the other and by sixteen threads that
 * share commits. {@code -jvmArgsAppend -Djava.io.tmpdir=DIR} says on which disk.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CatalogueBenchmark {
    private static final int ROWS = 3;

    private final AtomicLong rows = new AtomicLong();
    private Path directory;
    private CatalogueWriter writer;

    @Setup
    public void open() throws IOException {
        directory = Files.createTempDirectory("varve-benchmark");
        writer = CatalogueWriter.open(directory.resolve("catalogue.db"));
    }

    @TearDown
    public void delete() throws IOException {
        writer.close();
        Staging.delete(directory);
    }

    @Benchmark
    @Threads(1)
    public boolean commit() {
        return write();
    }

    @Benchmark
    @Threads(16)
    public boolean commitOfSixteen() {
        return write();
    }

    private boolean write() {
        return writer.write(transaction -> {
            for (int i = 0; i < ROWS; i++) {
                byte[] name = Long.toString(rows.getAndIncrement()).getBytes(StandardCharsets.US_ASCII);
                transaction.present(Node.blob(Digest.sha256(name)), 1000, null, Instant.EPOCH);
            }
            return true;
        });
    }
}
