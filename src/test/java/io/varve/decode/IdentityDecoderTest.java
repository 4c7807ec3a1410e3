package io.varve.decode;

class IdentityDecoderTest extends DecoderContract {

    IdentityDecoderTest() {
        super(Compression.NONE);
    }

    @Override
    byte[] encode(byte[] content) {
        return content;
    }
}
