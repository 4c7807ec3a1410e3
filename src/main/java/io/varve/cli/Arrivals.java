package io.varve.cli;

import io.varve.archive.Imports;
import io.varve.archive.Spool;
import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Images that come into a store out of files, directories and pipes. */
final class Arrivals {
    private static final int PIECE = 256 << 10;

    private Arrivals() {}

    /** Done by the command. */
    static List<Imports.Imported> own(UseCases useCases, StoreWork.Arriving arriving, PullListener listener) {
        if (isDirectory(arriving)) {
            return layout(new OwnWork(useCases), arriving, listener);
        }
        Path file = arriving.file();
        Imports imports = useCases.imports();
        if (file != null && !isStream(file)) {
            return imports.read(file, asking(arriving, false), listener);
        }
        try (FileChannel in = open(arriving);
                Spool spool = imports.spool()) {
            ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
            while (in.read(piece.clear()) >= 0) {
                spool.accept(piece.flip());
            }
            return imports.read(spool, asking(arriving, true), listener);
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    private static Imports.Asking asking(StoreWork.Arriving arriving, boolean passing) {
        return new Imports.Asking(arriving.format(), arriving.names(), arriving.platform(), passing);
    }

    static boolean isDirectory(StoreWork.Arriving arriving) {
        return arriving.file() != null && Files.isDirectory(arriving.file());
    }

    /** Nothing that can be read twice. */
    private static boolean isStream(Path file) {
        return Files.exists(file) && !Files.isRegularFile(file);
    }

    /** From its first byte. */
    static FileChannel open(StoreWork.Arriving arriving) throws IOException {
        Path file = arriving.file();
        if (file == null) {
            return new FileInputStream(FileDescriptor.in).getChannel();
        }
        if (!Files.exists(file)) {
            throw Failure.notFound("there is no file " + file);
        }
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    /** All images of a directory, by whomever. */
    static List<Imports.Imported> layout(StoreWork work, StoreWork.Arriving arriving, PullListener listener) {
        List<Reference> names = arriving.names();
        Origin origin = new Origin.Local(LayoutReference.directory(Path.of(String.valueOf(arriving.file())), null));
        List<Pulls.Outcome> outcomes = work.pull(
                List.of(origin), names.isEmpty() ? null : names.getFirst(), Platforms.Present.PRESENT, listener);
        List<Imports.Imported> imported = new ArrayList<>();
        for (Pulls.Outcome outcome : outcomes) {
            if (outcome.failure() != null || outcome.image() == null) {
                throw outcome.failure() == null ? Failure.notFound("got no image") : outcome.failure();
            }
            imported.add(new Imports.Imported(outcome.image(), names));
        }
        if (!imported.isEmpty()) {
            names.stream()
                    .skip(1)
                    .forEach(name -> work.tag(imported.getFirst().image().digest(), name));
        }
        return imported;
    }
}
