package io.varve.loadtest;

/**
 * How the service was at one moment.
 *
 * @param seconds since the load began
 * @param memory bytes resident
 * @param cpu seconds since it was started
 * @param clientCpu seconds of those who ask, since they were started
 * @param store bytes of all files of the store
 * @param catalogue those of them that are the catalogue's
 * @param direct bytes that Netty has for buffers
 * @param lateness by how much an event loop was late within the last minute or two, at most, in seconds
 */
record Sample(
        double seconds,
        long memory,
        long openFiles,
        long threads,
        double cpu,
        double clientCpu,
        long store,
        long catalogue,
        long direct,
        double lateness) {}
