package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NameHashTest {
    private final NameHash hash = new NameHash(0x0123_4567_89ab_cdefL, 0x7eed_5eed_1234_4321L);

    @Test
    void namesMadeToCollideInAPolynomialDoNot() {
        // "Aa" and "BB" have one value in every polynomial with 31, as String has it, and so has whatever is made of
        // them.
        Set<Integer> hashes = new HashSet<>();
        int names = 1 << 12;
        for (int bits = 0; bits < names; bits++) {
            StringBuilder name = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) {
                name.append((bits >> bit & 1) == 0 ? "Aa" : "BB");
            }
            hashes.add(of(hash, 0, name.toString()) & 0xffff);
        }
        // Of 4,096 draws from 65,536 about 3,970 are different.
        assertThat(hashes).hasSizeGreaterThan(3_800);
    }

    @Test
    void everyByteAndTheDirectoryCount() {
        Random random = new Random(5);
        for (int length = 1; length < 40; length++) {
            byte[] name = new byte[length];
            random.nextBytes(name);
            Set<Integer> hashes = new HashSet<>();
            hashes.add(hash.of(0, name, 0, length));
            hashes.add(hash.of(1, name, 0, length));
            for (int at = 0; at < length; at++) {
                name[at]++;
                hashes.add(hash.of(0, name, 0, length));
                name[at]--;
            }
            assertThat(hashes).hasSize(length + 2);
        }
    }

    @Test
    void theHashIsOfTheNameWhereverItStands() {
        byte[] path = "usr/share/a-longer-name/x".getBytes(US_ASCII);
        assertThat(hash.of(3, path, 10, 23)).isEqualTo(of(hash, 3, "a-longer-name"));
    }

    @Test
    void keysDecide() {
        assertThat(of(new NameHash(1, 2), 0, "name")).isNotEqualTo(of(hash, 0, "name"));
    }

    private static int of(NameHash hash, int directory, String name) {
        return hash.of(directory, name.getBytes(US_ASCII), 0, name.length());
    }
}
