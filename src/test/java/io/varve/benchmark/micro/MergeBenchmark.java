package io.varve.benchmark.micro;

import io.varve.erofs.ErofsIndex;
import io.varve.erofs.ErofsLimits;
import io.varve.erofs.ErofsWriter;
import io.varve.layerfs.Tree;
import io.varve.oci.ChainId;
import io.varve.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/** How long it takes to merge 100,000 entries of four layers into a tree, and to write the tree as an index that goes nowhere. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MergeBenchmark {
    private Entries entries;
    private Tree tree;
    private Digest chainId;

    @Setup
    public void make() throws IOException {
        entries = new Entries();
        tree = entries.fs().merge(entries.stack());
        chainId = ChainId.of(
                        entries.stack().stream().map(layer -> layer.diffId()).toList())
                .digest();
    }

    @TearDown
    public void delete() throws IOException {
        entries.close();
    }

    @Benchmark
    public Tree merge() {
        return entries.fs().merge(entries.stack());
    }

    @Benchmark
    public ErofsIndex erofs() throws IOException {
        return ErofsWriter.write(
                tree,
                entries.stack(),
                chainId,
                Channels.newChannel(OutputStream.nullOutputStream()),
                ErofsLimits.DEFAULTS);
    }
}
