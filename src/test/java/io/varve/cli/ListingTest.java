package io.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.layerfs.Inode;
import io.varve.layerfs.LongPaths;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListingTest {
    @ParameterizedTest
    @CsvSource({
        "0, 1970-01-01 00:00, 1970-01-01T00:00:00.000000005Z",
        "-62135596800, 0001-01-01 00:00, 0001-01-01T00:00:00.000000005Z",
        "-62135596801, @-62135596801, @-62135596801",
        "253402300799, 9999-12-31 23:59, 9999-12-31T23:59:59.000000005Z",
        "253402300800, @253402300800, @253402300800",
        "9223372036854775807, @9223372036854775807, @9223372036854775807",
        "-9223372036854775807, @-9223372036854775807, @-9223372036854775807",
    })
    void showsEveryTimeThatALayerCanSay(long seconds, String details, String json) throws IOException {
        TreeBuilder builder = new TreeBuilder(0, 1 << 20);
        byte[] name = {'d'};
        builder.put(Tree.ROOT, name, 0, 1, builder.add(Inode.directory(0755, 0, 0, seconds, 5, List.of()), 0));
        Tree tree = builder.build();

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream print = new PrintStream(out, false, UTF_8)) {
            Listing.print(tree, false, true, new byte[0], print);
            Listing.printJson(tree, false, new byte[0], print);
        }
        assertThat(out.toString(UTF_8))
                .startsWith("drwxr-xr-x   2     0     0          0 " + details + " d\n")
                .contains("\"mtime\":\"" + json + "\"");
    }

    @Test
    void keepsThePathOfNoDirectoryAboveTheOneThatItPrints() throws IOException {
        Tree tree = LongPaths.tree();
        long before = LongPaths.heldBytes();
        int[] lines = new int[1];
        long[] held = new long[1];

        try (PrintStream print = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8) {
            @Override
            public void print(String text) {
                if (lines[0]++ == LongPaths.DEPTH) {
                    held[0] = LongPaths.heldBytes() - before;
                }
            }
        }) {
            Listing.print(tree, true, false, new byte[0], print);
        }

        assertThat(lines[0]).isEqualTo(LongPaths.DEPTH + 3 * LongPaths.ENTRIES);
        assertThat(held[0]).isNotZero().isLessThan(255L * LongPaths.DEPTH * LongPaths.DEPTH / 10);
    }
}
