package io.varve.decode;

class GzipDecoderTest extends GzipContract {

    GzipDecoderTest() {
        super(false, "invalid block type");
    }
}
