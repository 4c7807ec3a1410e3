package io.varve.benchmark;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What is done with the files of an image, the same in each directory that shows them. */
final class ReadWork {
    private static final int SMALL_FILES = 30_000;
    private static final int SMALL_BYTES = 1 << 20;
    private static final int LARGE_FILES = 6;
    private static final int RANDOM_READS = 3_000;
    private static final int PAGE = 4096;
    private static final List<List<String>> PROGRAMS =
            List.of(List.of("/usr/bin/python3", "-c", "pass"), List.of("/usr/bin/node", "-e", "0"));

    interface Work {
        void in(Path root) throws Exception;
    }

    private record File(String path, long bytes, int layer) {}

    private final List<File> files = new ArrayList<>();
    private final TreeSet<String> names = new TreeSet<>();

    ReadWork(Tree tree) {
        collect(tree, Tree.ROOT, "");
    }

    private void collect(Tree tree, int directory, String path) {
        for (int e = tree.firstEntry(directory); e < tree.endEntry(directory); e++) {
            int inode = tree.inode(e);
            String name = path + new String(tree.name(e), StandardCharsets.UTF_8);
            names.add(name);
            if (tree.type(inode) == FileType.DIRECTORY) {
                collect(tree, inode, name + "/");
            } else if (tree.type(inode) == FileType.REGULAR) {
                files.add(new File(name, tree.size(inode), tree.layer(inode)));
            }
        }
    }

    /** Whether the image shows this name. */
    boolean shows(String path) {
        return names.contains(path);
    }

    /** The largest file of the first so many layers. */
    String largestOf(int layers) {
        return files.stream()
                .filter(file -> file.layer() < layers)
                .max(Comparator.comparingLong(File::bytes))
                .orElseThrow()
                .path();
    }

    /** By what they are called. */
    Map<String, Work> all(Path scratch) throws IOException {
        List<String> small = files.stream()
                .filter(file -> file.bytes() < SMALL_BYTES)
                .limit(SMALL_FILES)
                .map(File::path)
                .toList();
        List<File> bySize =
                files.stream().sorted(Comparator.comparingLong(File::bytes)).toList();
        List<File> large = bySize.subList(bySize.size() - LARGE_FILES, bySize.size());
        Path list = Files.writeString(scratch.resolve("small-files"), String.join("\0", small) + "\0");
        Map<String, Work> works = new LinkedHashMap<>();
        works.put("small", root -> run(root, "xargs", "-0", "-a", list.toString(), "cat"));
        works.put("large", root -> {
            for (File file : large) {
                sequentially(root.resolve(file.path()));
            }
        });
        works.put("random", root -> randomly(root.resolve(large.getLast().path())));
        works.put("walk", root -> run(root, "find", ".", "-printf", "%s"));
        for (List<String> program : PROGRAMS) {
            if (shows(program.getFirst().substring(1))) {
                works.put(
                        Path.of(program.getFirst()).getFileName().toString(),
                        root -> run(
                                root,
                                Stream.concat(Stream.of("chroot", "."), program.stream())
                                        .toArray(String[]::new)));
            }
        }
        System.out.printf(
                "small: %,d files of %,d bytes; large: %d files of %,d bytes; random: %,d reads of 4 KiB in %,d bytes; walk: %,d names%n",
                small.size(),
                files.stream()
                        .filter(file -> file.bytes() < SMALL_BYTES)
                        .limit(SMALL_FILES)
                        .mapToLong(File::bytes)
                        .sum(),
                large.size(),
                large.stream().mapToLong(File::bytes).sum(),
                RANDOM_READS,
                large.getLast().bytes(),
                names.size());
        return works;
    }

    static void sequentially(Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(buffer.clear()) >= 0) {}
        }
    }

    private static void randomly(Path file) throws IOException {
        Random random = new Random(7);
        ByteBuffer buffer = ByteBuffer.allocateDirect(PAGE);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            int pages = (int) (channel.size() / PAGE);
            for (int i = 0; i < RANDOM_READS; i++) {
                channel.read(buffer.clear(), (long) random.nextInt(pages) * PAGE);
            }
        }
    }

    static void run(Path in, String... command) throws Exception {
        int code = new ProcessBuilder(command)
                .directory(in.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + code);
        }
    }
}
