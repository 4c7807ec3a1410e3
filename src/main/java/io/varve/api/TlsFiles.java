package io.varve.api;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What connections are kept from others with, in PEM.
 *
 * @param certificate ours, with those between it and its authority
 * @param key of the certificate, not encrypted
 * @param clientCa who signs certificates of callers; null when they show none
 */
public record TlsFiles(Path certificate, Path key, @Nullable Path clientCa) {
    List<Path> all() {
        return Stream.of(certificate, key, clientCa)
                .<Path>mapMulti((file, into) -> {
                    if (file != null) {
                        into.accept(file);
                    }
                })
                .toList();
    }
}
