package io.varve.verify;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.erofs.ErofsReader;
import io.varve.erofs.ErofsWriter;
import io.varve.layerfs.Layer;
import io.varve.oci.ChainId;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An index, made again from its layers, which were looked at before. */
record IndexCheck(Scene scene, Digest chainId, Path home, long bytes) implements Check {
    static final String INDEX = "index";

    @Override
    public Node node() {
        return Node.index(chainId);
    }

    @Override
    public void look(Place place) throws IOException {
        if (!place.was().isDirectory()) {
            scene.damaged(place, node(), place.wanted("a directory"));
            return;
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(home)) {
            for (Path child : children) {
                if (!INDEX.equals(String.valueOf(child.getFileName()))) {
                    scene.foreign(child);
                }
            }
        }
        String notAFile = Place.notAFile(home.resolve(INDEX));
        if (notAFile != null) {
            scene.damaged(place, node(), "index: " + notAFile);
            return;
        }
        Records records = scene.records();
        if (records == null) {
            scene.skipped().add(chainId);
            return;
        }
        long size = Files.size(home.resolve(INDEX));
        if (records.catalogue().find(node()).isEmpty()) {
            records.check(node(), size);
            scene.skipped().add(chainId);
        } else if (!isStackKnown(records)) {
            scene.skipped().add(chainId);
        } else if (isSound(place, stack(records.catalogue(), chainId))) {
            records.check(node(), size);
        }
        scene.read(size);
    }

    private boolean isStackKnown(Records records) {
        List<Digest> stack = stack(records.catalogue(), chainId);
        if (isStack(stack)) {
            return true;
        }
        String wrong = "layers in the catalogue: got " + stack.size() + " of the chainId " + ChainId.of(stack)
                + ", wanted those of " + chainId;
        scene.ledger()
                .suspect(
                        Finding.of(Finding.Kind.MISRECORDED, node(), wrong),
                        () -> records.present(node()).isPresent()
                                && !isStack(stack(records.catalogue(), chainId))
                                && records.isThere(node()));
        return false;
    }

    private boolean isStack(List<Digest> diffIds) {
        return ChainId.of(diffIds).digest().equals(chainId);
    }

    /** Base first. */
    static List<Digest> stack(Catalogue catalogue, Digest chainId) {
        return catalogue.needs(Node.index(chainId)).stream()
                .filter(edge -> edge.role() == Edge.Role.LAYER)
                .map(edge -> edge.child().digest())
                .toList();
    }

    /** Whether it could be compared, and is the same. */
    private boolean isSound(Place place, List<Digest> stack) throws IOException {
        List<Layer> layers = new ArrayList<>(stack.size());
        for (Digest diffId : stack) {
            Optional<Layer> layer = scene.store().layers().find(diffId);
            if (layer.isEmpty() || scene.unsound().contains(diffId)) {
                scene.skipped().add(chainId);
                return false;
            }
            layers.add(layer.get());
        }
        try (FileChannel is = Reading.open(home.resolve(INDEX));
                SameBytes same = new SameBytes(is, ErofsReader.unsaidBytes(is))) {
            ErofsWriter.write(
                    scene.store().layers().merge(layers),
                    layers,
                    chainId,
                    same,
                    scene.store().options().erofs());
            long at = same.difference();
            if (at >= 0) {
                scene.damaged(place, node(), "byte " + at + " is not that of the index of its layers");
            }
            return at < 0;
        }
    }
}
