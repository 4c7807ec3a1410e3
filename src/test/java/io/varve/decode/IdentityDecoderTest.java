package io.varve.decode;

import io.varve.oci.Compression;

class IdentityDecoderTest extends DecoderContract {

    IdentityDecoderTest() {
        super(Compression.NONE);
    }

    @Override
    byte[] encode(byte[] content) {
        return content;
    }
}
