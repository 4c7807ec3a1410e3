package io.varve.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;

class SlabsTest {

    @Test
    void slabIsDirectEmptyAndCannotGrow() {
        ByteBuf slab = Slabs.allocate();
        try {
            assertThat(slab.isDirect()).isTrue();
            assertThat(slab.isReadable()).isFalse();
            assertThat(slab.writableBytes()).isEqualTo(Slabs.SIZE);
            assertThat(slab.maxCapacity()).isEqualTo(Slabs.SIZE);
        } finally {
            slab.release();
        }
    }
}
