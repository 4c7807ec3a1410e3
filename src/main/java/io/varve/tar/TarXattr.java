package io.varve.tar;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * An extended attribute of a member, its name with the namespace prefix ({@code security.capability}). The arrays are
 * shared and never written to.
 */
public record TarXattr(byte[] name, byte[] value) {

    public static TarXattr of(String name, byte[] value) {
        return new TarXattr(name.getBytes(UTF_8), value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TarXattr xattr && Arrays.equals(name, xattr.name) && Arrays.equals(value, xattr.value);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(name) + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return new String(name, UTF_8) + " (" + value.length + " bytes)";
    }
}
