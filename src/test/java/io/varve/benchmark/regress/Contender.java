package io.varve.benchmark.regress;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** What is compared: it pulls images of {@link SampleRegistry} into a directory of its own and answers questions about them. */
interface Contender extends AutoCloseable {
    /** Until the filesystem of every one of them can be used. */
    void pull(List<String> repositories) throws Exception;

    /** A file of an image that was pulled. */
    byte[] read(String repository, String path) throws Exception;

    /** How many names an image shows, and the bytes of its files. Any thread. */
    Described describe(String repository) throws Exception;

    record Described(int names, long bytes) {}

    @Override
    void close() throws IOException, TimeoutException;
}
