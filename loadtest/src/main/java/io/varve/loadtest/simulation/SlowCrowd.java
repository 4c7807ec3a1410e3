package io.varve.loadtest.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;

/** Clients that read and send slowly, ten to a connection of HTTP/2, over and over from {@link #begin} to {@link #end}. */
final class SlowCrowd {
    private static final int TO_A_CONNECTION = 10;

    private final Target target;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<HttpClient> connections = new ArrayList<>();
    private final ConcurrentLinkedQueue<SlowClient.Outcome> outcomes = new ConcurrentLinkedQueue<>();

    SlowCrowd(Target target) {
        // Else the JDK's client would take 16 MB of a file that nobody reads yet. It is read once, by the first client.
        System.setProperty("jdk.httpclient.windowsize", "65536");
        this.target = target;
    }

    void begin() {
        int readers = target.users();
        int senders = Math.max(1, readers / 4);
        for (int i = 0; i < readers + senders; i++) {
            if (i % TO_A_CONNECTION == 0) {
                connections.add(SlowClient.connection(threads));
            }
            SlowClient client = new SlowClient(target, connections.getLast(), over);
            boolean reads = i < readers;
            threads.execute(() -> {
                while (!over.get()) {
                    outcomes.add(reads ? client.read() : client.send());
                }
            });
        }
    }

    /**
     * Ends them all, and writes down what they did.
     *
     * @return how many failed before that
     */
    int end() {
        over.set(true);
        threads.shutdownNow();
        threads.close();
        connections.forEach(HttpClient::shutdownNow);
        Map<String, Object> notes = new LinkedHashMap<>();
        int failed = notes("readers", true, notes) + notes("senders", false, notes);
        notes.put(
                "problems",
                outcomes.stream()
                        .map(SlowClient.Outcome::problem)
                        .filter(problem -> !problem.isEmpty())
                        .distinct()
                        .limit(10)
                        .toList());
        try {
            new ObjectMapper().writeValue(target.notes().toFile(), notes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return failed;
    }

    private int notes(String who, boolean readers, Map<String, Object> notes) {
        List<SlowClient.Outcome> theirs =
                outcomes.stream().filter(outcome -> outcome.reads() == readers).toList();
        double[] waited =
                theirs.stream().mapToDouble(SlowClient.Outcome::waited).sorted().toArray();
        int failed = (int)
                theirs.stream().filter(outcome -> !outcome.problem().isEmpty()).count();
        notes.put(
                who,
                Map.of(
                        "transfers",
                        theirs.size(),
                        "failed",
                        failed,
                        "bytes",
                        theirs.stream().mapToLong(SlowClient.Outcome::bytes).sum(),
                        "bytesPerSecondOfEach",
                        Math.round(theirs.stream()
                                .mapToDouble(SlowClient.Outcome::rate)
                                .average()
                                .orElse(0)),
                        "longestWaitSeconds",
                        Arrays.stream(waited).max().orElse(0)));
        return failed;
    }
}
