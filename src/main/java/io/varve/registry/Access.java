package io.varve.registry;

import org.jspecify.annotations.Nullable;

/**
 * How a caller wants a registry to be reached, before what the settings say of the host.
 *
 * @param credential null for those that the configuration of Docker or of other tools has for the host
 * @param plainHttp whether to speak HTTP without TLS
 * @param insecure whether a certificate may be anybody's, and plain HTTP will do where TLS is not answered
 */
public record Access(@Nullable Credential credential, boolean plainHttp, boolean insecure) {
    public static final Access DEFAULT = new Access(null, false, false);
}
