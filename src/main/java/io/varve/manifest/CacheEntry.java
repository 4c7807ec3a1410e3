package io.varve.manifest;

import io.varve.layerfs.Stack;
import io.varve.oci.Descriptor;
import io.varve.oci.MediaType;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@link MetadataCache} keeps. */
sealed interface CacheEntry {
    MetadataCache.Kind kind();

    /** In bytes of memory. */
    int weight();

    /**
     * What somebody wants bytes to be parsed to.
     *
     * @param announced the media type they are parsed as; null when they are a configuration
     */
    record Form<T>(Class<T> type, @Nullable MediaType announced, Function<byte[], T> parse) {
        MetadataCache.Kind kind() {
            return CacheEntry.kind(announced);
        }
    }

    private static MetadataCache.Kind kind(@Nullable MediaType announced) {
        return announced == null ? MetadataCache.Kind.CONFIG : MetadataCache.Kind.DOCUMENT;
    }

    /**
     * What bytes were parsed to.
     *
     * @param announced as in their {@link Form}
     * @param size how many they are
     */
    record Parsed(Object parsed, @Nullable MediaType announced, long size, int weight) implements CacheEntry {
        @Override
        public MetadataCache.Kind kind() {
            return CacheEntry.kind(announced);
        }

        /** The parsed form, if it was made as it would be now; else null. */
        <T> @Nullable T as(Form<T> wanted, Descriptor descriptor) {
            boolean same = size == descriptor.size()
                    && (announced == null ? wanted.announced() == null : announced.equals(wanted.announced()));
            return same && wanted.type().isInstance(parsed) ? wanted.type().cast(parsed) : null;
        }
    }

    record Shown(Stack stack) implements CacheEntry {
        @Override
        public MetadataCache.Kind kind() {
            return MetadataCache.Kind.TREE;
        }

        @Override
        public int weight() {
            return Weight.of(stack);
        }
    }
}
