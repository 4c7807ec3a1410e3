package io.varve.layerfs;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One extended attribute, its name with the namespace prefix ({@code security.capability}). Names and values are bytes;
 * the arrays are shared and never written to.
 */
public record Xattr(byte[] name, byte[] value) implements Comparable<Xattr> {

    public static Xattr of(String name, byte[] value) {
        return new Xattr(name.getBytes(StandardCharsets.UTF_8), value);
    }

    public boolean startsWith(String prefix) {
        byte[] bytes = prefix.getBytes(StandardCharsets.UTF_8);
        return name.length >= bytes.length && Arrays.equals(name, 0, bytes.length, bytes, 0, bytes.length);
    }

    @Override
    public int compareTo(Xattr other) {
        int byName = Arrays.compareUnsigned(name, other.name);
        return byName != 0 ? byName : Arrays.compareUnsigned(value, other.value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Xattr xattr && Arrays.equals(name, xattr.name) && Arrays.equals(value, xattr.value);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(name) + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return new String(name, StandardCharsets.UTF_8) + "(" + value.length + " bytes)";
    }
}
