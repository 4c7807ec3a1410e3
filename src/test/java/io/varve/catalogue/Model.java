package io.varve.catalogue;

import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A catalogue in memory, as plain as it can be. */
final class Model {
    record Known(long size, boolean present) {}

    record Lease(@Nullable Long job, Set<Node> nodes, Instant expires) {}

    record Image(Descriptor descriptor, @Nullable String platform) {}

    /** What an image should be listed as. */
    record Line(@Nullable String name, Digest image, List<String> platforms, long blobBytes, long tarBytes) {
        static Line of(StoredImage image) {
            return new Line(
                    image.name(), image.image().digest(), image.platforms(), image.blobBytes(), image.tarBytes());
        }
    }

    final Map<Node, Known> nodes = new HashMap<>();
    final Map<Node, Set<Edge>> edges = new HashMap<>();
    final Map<Node, Image> images = new HashMap<>();
    final TreeMap<String, Node> tags = new TreeMap<>();
    final Map<Long, Lease> leases = new LinkedHashMap<>();
    final Map<Long, String> jobs = new HashMap<>();

    private void know(Node node, long size) {
        nodes.merge(node, new Known(size, false), (was, is) -> was.size() < 0 ? new Known(size, was.present()) : was);
    }

    /** Who records a document has read it; who listed it may have said anything. */
    private void measure(Node node, Descriptor descriptor) {
        nodes.computeIfPresent(node, (n, was) -> was.present() ? was : new Known(descriptor.size(), false));
    }

    private void need(Node parent, Edge.Role role, int position, Node child) {
        edges.computeIfAbsent(parent, p -> new HashSet<>()).add(new Edge(parent, role, position, child));
    }

    void manifest(SampleImage image) {
        Node parent = image.node();
        know(parent, image.descriptor().size());
        measure(parent, image.descriptor());
        images.put(parent, new Image(image.descriptor(), image.platform().toString()));
        Node config = Node.blob(image.manifest().config().digest());
        know(config, SampleImage.BLOB_BYTES);
        need(parent, Edge.Role.CONFIG, 0, config);
        Node index = Node.index(ChainId.of(image.config().diffIds()).digest());
        know(index, -1);
        need(parent, Edge.Role.INDEX, 0, index);
        for (int i = 0; i < image.config().diffIds().size(); i++) {
            Node blob = Node.blob(image.manifest().layers().get(i).digest());
            Node layer = Node.layer(image.config().diffIds().get(i));
            know(blob, SampleImage.BLOB_BYTES);
            know(layer, -1);
            need(parent, Edge.Role.BLOB, i, blob);
            need(parent, Edge.Role.LAYER, i, layer);
            need(index, Edge.Role.LAYER, i, layer);
        }
    }

    void index(Descriptor descriptor, Index index) {
        Node parent = Node.blob(descriptor.digest());
        know(parent, descriptor.size());
        measure(parent, descriptor);
        images.put(parent, new Image(descriptor, null));
        int position = 0;
        for (Descriptor entry : index.manifests()) {
            know(Node.blob(entry.digest()), entry.size());
            need(parent, Edge.Role.MANIFEST, position++, Node.blob(entry.digest()));
        }
    }

    void present(Node node, long size) {
        nodes.put(node, new Known(size, true));
    }

    void absent(Node node) {
        nodes.computeIfPresent(node, (n, was) -> new Known(was.size(), false));
    }

    void lease(long id, @Nullable Long job, Collection<Node> kept, Instant expires) {
        kept.forEach(node -> know(node, -1));
        leases.put(id, new Lease(job != null && jobs.containsKey(job) ? job : null, new HashSet<>(kept), expires));
    }

    void end(long job) {
        jobs.remove(job);
        leases.replaceAll((id, lease) ->
                lease.job() != null && lease.job() == job ? new Lease(null, lease.nodes(), lease.expires()) : lease);
    }

    void release(Node image, Collection<Node> parts) {
        leases.values().stream()
                .filter(lease -> lease.job() == null && lease.nodes().contains(image))
                .forEach(lease -> lease.nodes().removeAll(Set.copyOf(parts)));
    }

    private static boolean active(Lease lease, Instant now) {
        return lease.job() != null || lease.expires().isAfter(now);
    }

    /** Each root in words with the nodes that it keeps by itself. */
    Map<String, Set<Node>> roots(Map<Node, String> views, Instant now) {
        Map<String, Set<Node>> roots = new HashMap<>();
        tags.forEach((name, node) -> roots.put("tag " + name, Set.of(node)));
        leases.forEach((id, lease) -> {
            if (active(lease, now)) {
                String words = lease.job() == null ? "lease until " + lease.expires() : jobs.get(lease.job());
                roots.computeIfAbsent(words, w -> new HashSet<>()).addAll(lease.nodes());
            }
        });
        views.forEach((node, words) -> {
            if (nodes.containsKey(node)) {
                roots.put(words, Set.of(node));
            }
        });
        return roots;
    }

    /** The distance of everything that these lead to. */
    Map<Node, Integer> reach(Collection<Node> from) {
        Map<Node, Integer> distance = new HashMap<>();
        Deque<Node> queue = new ArrayDeque<>();
        for (Node node : from) {
            distance.put(node, 0);
            queue.add(node);
        }
        while (!queue.isEmpty()) {
            Node node = queue.remove();
            for (Edge edge : edges.getOrDefault(node, Set.of())) {
                if (distance.putIfAbsent(edge.child(), Objects.requireNonNull(distance.get(node)) + 1) == null) {
                    queue.add(edge.child());
                }
            }
        }
        return distance;
    }

    Set<Node> live(Map<Node, String> views, Instant now) {
        Set<Node> from = new HashSet<>();
        roots(views, now).values().forEach(from::addAll);
        return reach(from).keySet();
    }

    Set<Node> garbage(Map<Node, String> views, Instant now) {
        Set<Node> garbage = new HashSet<>(nodes.keySet());
        garbage.removeAll(live(views, now));
        return garbage;
    }

    void forget(Collection<Node> wanted, Instant now) {
        leases.values().removeIf(lease -> !active(lease, now) || lease.nodes().isEmpty());
        Set<Node> dead = garbage(Map.of(), now);
        dead.retainAll(wanted);
        images.keySet()
                .removeIf(image -> reach(List.of(image)).keySet().stream().anyMatch(dead::contains));
        nodes.keySet().removeAll(dead);
        edges.keySet().removeAll(dead);
        edges.values().forEach(each -> each.removeIf(edge -> dead.contains(edge.child())));
    }

    List<Line> lines(Instant now) {
        List<Line> lines = new ArrayList<>();
        tags.forEach((name, node) -> lines.add(line(name, node)));
        Set<Node> live = live(Map.of(), now);
        Set<Node> named = new HashSet<>(tags.values());
        for (Node parent : live) {
            if (images.containsKey(parent) || edges.containsKey(parent)) {
                edges.getOrDefault(parent, Set.of()).stream()
                        .filter(edge -> edge.role() == Edge.Role.MANIFEST)
                        .forEach(edge -> named.add(edge.child()));
            }
        }
        images.keySet().stream()
                .filter(live::contains)
                .filter(node -> !named.contains(node))
                .sorted((a, b) -> a.digest().compareTo(b.digest()))
                .forEach(node -> lines.add(line(null, node)));
        return lines;
    }

    private Line line(@Nullable String name, Node image) {
        Set<Node> parts = new HashSet<>();
        gather(image, parts, true);
        Set<String> platforms = new TreeSet<>();
        long blobs = 0;
        long tars = 0;
        for (Node part : parts) {
            Known known = Objects.requireNonNull(nodes.get(part));
            if (known.present()) {
                blobs += part.kind() == Node.Kind.BLOB ? known.size() : 0;
                tars += part.kind() == Node.Kind.LAYER ? known.size() : 0;
            }
            Image is = images.get(part);
            if (is != null && is.platform() != null && (known.present() || part.equals(image))) {
                platforms.add(is.platform());
            }
        }
        return new Line(name, image.digest(), List.copyOf(platforms), blobs, tars);
    }

    private void gather(Node node, Set<Node> parts, boolean whole) {
        if (parts.add(node) && (whole || Objects.requireNonNull(nodes.get(node)).present())) {
            for (Edge edge : edges.getOrDefault(node, Set.of())) {
                if (edge.role() != Edge.Role.INDEX) {
                    gather(edge.child(), parts, false);
                }
            }
        }
    }
}
