package io.varve.registry;

import org.jspecify.annotations.Nullable;

/**
 * How a caller wants a registry to be reached, before what the settings say of the host.
 *
 * @param credential null for those that the configuration of Docker or of other tools has for the host
 * @param plainHttp whether to speak HTTP without TLS
 * @param insecure whether a certificate may be anybody's, and plain HTTP will do where TLS is not answered
 * @param anywhere whether {@link Upstreams} do not hold for him
 */
public record Access(@Nullable Credential credential, boolean plainHttp, boolean insecure, boolean anywhere) {
    public static final Access DEFAULT = new Access(null, false, false);

    /** For whoever runs a command. */
    public static final Access ANYWHERE = new Access(null, false, false, true);

    /** For somebody like all others. */
    public Access(@Nullable Credential credential, boolean plainHttp, boolean insecure) {
        this(credential, plainHttp, insecure, false);
    }

    /** For a mirror, of which nothing was said. */
    Access ofMirror() {
        return new Access(null, false, false, anywhere);
    }
}
