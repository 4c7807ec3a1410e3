package io.varve.benchmark;

import java.io.IOException;
import org.openjdk.jmh.Main;

/** Runs the benchmarks of {@link io.varve.benchmark.micro}. Arguments are JMH's: {@code -prof gc Merge} for one with its allocations. */
public final class Micro {
    private Micro() {}

    public static void main(String[] arguments) throws IOException {
        Main.main(arguments);
    }
}
