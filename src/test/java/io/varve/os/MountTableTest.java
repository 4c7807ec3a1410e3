package io.varve.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class MountTableTest {
    @Test
    void readsALineWithOptionalFieldsAndEscapes() {
        String line = "36 35 98:0 /mnt1 /a\\040b\\134c\\012d rw,noatime shared:1 master:2 - ext3 /dev/root rw";
        assertThat(MountTable.parse(line)).isEqualTo(new MountTable.Entry(36, "98:0", Path.of("/a b\\c\nd"), "ext3"));
    }

    @Test
    void readsALineWithoutOptionalFields() {
        assertThat(MountTable.parse("1 0 0:2 / / rw - proc - rw"))
                .isEqualTo(new MountTable.Entry(1, "0:2", Path.of("/"), "proc"));
    }
}
