package io.varve.oci;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;

/**
 * The name of a stack of layers (image-spec, config.md#layer-chainid): two images whose stacks have the same diffIds in
 * the same order have the same chainId, however the layers were compressed.
 */
public record ChainId(Digest digest) {

    /**
     * @param diffIds base first. The chainId of one diffId is that diffId. The specification leaves the empty stack
     *     open: here it is the SHA-256 of no bytes
     */
    public static ChainId of(List<Digest> diffIds) {
        if (diffIds.isEmpty()) {
            return new ChainId(Digest.sha256(new byte[0]));
        }
        Iterator<Digest> rest = diffIds.iterator();
        Digest chain = rest.next();
        while (rest.hasNext()) {
            chain = Digest.sha256((chain + " " + rest.next()).getBytes(StandardCharsets.US_ASCII));
        }
        return new ChainId(chain);
    }

    @Override
    public String toString() {
        return digest.toString();
    }
}
