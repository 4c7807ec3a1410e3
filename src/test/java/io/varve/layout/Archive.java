package io.varve.layout;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.oci.Descriptor;
import io.varve.oci.Index;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/** An archive of a layout, made entry by entry, right or wrong. */
final class Archive {
    static final byte[] MARKER = "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(UTF_8);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarWriter tar = new TarWriter(bytes);

    /** An archive that says what it is, and nothing else yet. */
    static Archive begun() throws IOException {
        return new Archive().file("oci-layout", MARKER);
    }

    Archive file(String name, byte[] content) throws IOException {
        tar.write(
                TarEntry.of(TarType.REGULAR, name, "", 0644).withSize(content.length),
                new ByteArrayInputStream(content));
        return this;
    }

    Archive other(TarType type, String name, String link) throws IOException {
        tar.write(TarEntry.of(type, name, link, 0644));
        return this;
    }

    Archive blob(Descriptor descriptor, byte[] content) throws IOException {
        return file(LayoutFiles.blob(descriptor.digest()), content);
    }

    Archive index(Descriptor... images) throws IOException {
        return file("index.json", Index.of(List.of(images)).bytes());
    }

    Archive raw(byte[] more) {
        bytes.writeBytes(more);
        return this;
    }

    /** With the end that a tar has to have. */
    byte[] ended() throws IOException {
        tar.finish();
        return bytes();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
