package io.varve.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Thousands of random steps, after each of which the catalogue has to say what a plain model says. */
class ReachabilityIT {
    private static final int TRANSACTIONS = 700;
    private static final int MOST_STEPS = 4;

    private record Listing(Descriptor descriptor, Index index) {}

    @TempDir
    Path directory;

    private final Model model = new Model();
    private final List<SampleImage> images = new ArrayList<>();
    private final List<Listing> indexes = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Long> jobs = new ArrayList<>(List.of(0L));
    private final List<Long> leases = new ArrayList<>(List.of(0L));
    private Instant now = SampleImage.NOW;
    private Random random = new Random();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void catalogueAgreesWithModel(long seed) {
        random = new Random(seed);
        universe();
        try (CatalogueWriter writer = CatalogueWriter.open(directory.resolve("catalogue.db"))) {
            for (int i = 0; i < TRANSACTIONS; i++) {
                List<String> done = new ArrayList<>();
                writer.write(transaction -> {
                    for (int steps = 1 + random.nextInt(MOST_STEPS); steps > 0; steps--) {
                        done.add(step(transaction));
                    }
                    return true;
                });
                try {
                    check(writer.catalogue());
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + seed + ", transaction " + i + " " + done, e);
                }
            }
        }
    }

    /** Few enough parts that they meet in many ways. */
    private void universe() {
        String letters = "abcdef";
        for (int i = 0; i < 8; i++) {
            String[] layers = new String[1 + random.nextInt(3)];
            for (int layer = 0; layer < layers.length; layer++) {
                layers[layer] = String.valueOf(letters.charAt(random.nextInt(letters.length())));
            }
            images.add(SampleImage.on(random.nextBoolean() ? "linux/amd64" : "linux/arm64", layers));
        }
        List<Descriptor> listed = new ArrayList<>();
        images.forEach(image -> listed.add(image.descriptor()));
        for (int i = 0; i < 4; i++) {
            List<Descriptor> entries = new ArrayList<>();
            for (int entry = random.nextInt(3); entry >= 0; entry--) {
                entries.add(pick(listed));
            }
            Index index = Index.of(entries);
            indexes.add(new Listing(SampleImage.index(index), index));
            // The next ones may list this one.
            listed.add(SampleImage.index(index));
        }
        images.forEach(image -> nodes.addAll(image.nodes()));
        indexes.forEach(index -> nodes.add(Node.blob(index.descriptor().digest())));
        // A layer that came uncompressed: its diffId is the digest of a blob too.
        nodes.add(Node.blob(SampleImage.diffId("a")));
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private List<Node> some(int most) {
        List<Node> some = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            some.add(pick(nodes));
        }
        return some;
    }

    private String step(Transaction t) {
        int which = random.nextInt(100);
        now = now.plusMillis(random.nextInt(3));
        if (which < 14) {
            SampleImage image = pick(images);
            image.record(t, now);
            model.manifest(image);
            return "manifest";
        } else if (which < 20) {
            Listing listing = pick(indexes);
            t.index(listing.descriptor(), listing.index(), now);
            model.index(listing.descriptor(), listing.index());
            return "index";
        } else if (which < 40) {
            Node node = pick(nodes);
            long size = random.nextInt(5) == 0 ? 5 : 1_000;
            t.present(node, size, null, now);
            model.present(node, size);
            return "present " + node;
        } else if (which < 44) {
            Node node = pick(nodes);
            t.absent(node);
            model.absent(node);
            return "absent " + node;
        } else if (which < 58) {
            return tag(t);
        } else if (which < 64) {
            String name = "name" + random.nextInt(6);
            assertThat(t.untag(name)).isEqualTo(model.tags.remove(name) != null);
            return "untag " + name;
        } else if (which < 68) {
            long job = t.begin("pull", "image " + jobs.size(), now);
            model.jobs.put(job, "job pull image " + jobs.size() + " since " + now);
            jobs.add(job);
            return "begin " + job;
        } else if (which < 72) {
            long job = pick(jobs);
            t.end(job);
            model.end(job);
            return "end " + job;
        } else if (which < 80) {
            long job = pick(jobs);
            List<Node> kept = some(4);
            Instant expires = now.plusMillis(random.nextInt(120) - 10);
            long lease = t.lease(job, kept, expires);
            leases.add(lease);
            model.lease(lease, job, kept, expires);
            return "lease " + lease;
        } else if (which < 84) {
            long lease = pick(leases);
            t.release(lease);
            model.leases.remove(lease);
            return "release " + lease;
        } else if (which < 86) {
            Node image = pick(nodes);
            List<Node> parts = some(4);
            t.release(image, parts);
            model.release(image, parts);
            return "release " + parts + " of " + image;
        } else if (which < 87) {
            t.endAll();
            List.copyOf(model.jobs.keySet()).forEach(model::end);
            return "end all";
        } else if (which < 92) {
            now = now.plusMillis(random.nextInt(100));
            return "wait";
        } else if (which < 96) {
            List<Node> wanted = some(6);
            t.forget(wanted, now);
            model.forget(wanted, now);
            return "forget some";
        }
        List<Node> garbage = t.garbage(List.of(), now).stream().map(Entry::node).toList();
        t.forget(garbage, now);
        model.forget(garbage, now);
        return "forget garbage";
    }

    private String tag(Transaction t) {
        String name = "name" + random.nextInt(6);
        Digest digest = random.nextInt(4) == 0
                ? pick(indexes).descriptor().digest()
                : pick(images).digest();
        Node image = Node.blob(digest);
        try {
            t.tag(name, digest, now);
            assertThat(model.images).containsKey(image);
            model.tags.put(name, image);
        } catch (Failure e) {
            assertThat(e.category()).isEqualTo(Category.NOT_FOUND);
            assertThat(model.images).doesNotContainKey(image);
        }
        return "tag " + name + " " + digest;
    }

    private void check(Catalogue catalogue) {
        Map<Node, Model.Known> known = new HashMap<>();
        catalogue.nodes().forEach(entry -> known.put(entry.node(), new Model.Known(entry.size(), entry.present())));
        assertThat(known).isEqualTo(model.nodes);

        Map<Node, String> views = new HashMap<>();
        some(2).forEach(node -> views.put(node, "view " + views.size()));
        assertThat(set(catalogue.garbage(views.keySet(), now))).isEqualTo(model.garbage(views, now));
        assertThat(set(catalogue.garbage(List.of(), now))).isEqualTo(model.garbage(Map.of(), now));
        assertThat(catalogue.images(now).stream().map(Model.Line::of).toList()).isEqualTo(model.lines(now));

        Node needy = pick(nodes);
        assertThat(Set.copyOf(catalogue.needs(needy))).isEqualTo(model.edges.getOrDefault(needy, Set.of()));
        checkWhy(catalogue, pick(nodes).digest(), views);
    }

    private static Set<Node> set(List<Entry> entries) {
        return entries.stream().map(Entry::node).collect(Collectors.toSet());
    }

    /** Every root that leads there is told, with a way that exists and is as short as any. */
    private void checkWhy(Catalogue catalogue, Digest digest, Map<Node, String> views) {
        Map<String, Integer> wanted = new HashMap<>();
        model.roots(views, now)
                .forEach((words, from) -> model.reach(from).forEach((node, distance) -> {
                    if (node.digest().equals(digest)) {
                        wanted.merge(words, distance, Math::min);
                    }
                }));
        Map<String, Integer> got = new HashMap<>();
        Map<String, Set<Node>> roots = model.roots(views, now);
        for (Reason reason : catalogue.why(digest, views, now)) {
            got.merge(reason.root(), reason.chain().size(), Math::min);
            Node at = reason.chain().isEmpty()
                    ? reason.node()
                    : reason.chain().getFirst().parent();
            assertThat(roots.get(reason.root())).contains(at);
            for (Edge edge : reason.chain()) {
                assertThat(edge.parent()).isEqualTo(at);
                assertThat(model.edges.get(at)).contains(edge);
                at = edge.child();
            }
            assertThat(at).isEqualTo(reason.node());
            assertThat(at.digest()).isEqualTo(digest);
        }
        assertThat(got).isEqualTo(wanted);
    }
}
