package io.varve.layerfs;

final class Changes {
    private Changes() {}
}
