package io.varve.manifest;

/** Plans are the same, and what is refused is refused the same, when what was read before is kept. */
class CachedImagePlannerTest extends ImagePlannerTest {
    @Override
    MetadataCache cache() {
        return new MetadataCache(MetadataCache.DEFAULT_BYTES);
    }
}
