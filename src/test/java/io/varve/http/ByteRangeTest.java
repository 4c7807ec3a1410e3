package io.varve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
    @ParameterizedTest
    @CsvSource({
        "bytes=0-0, 0, 0",
        "bytes=0-99, 0, 99",
        "bytes=7-, 7, 99",
        "bytes=99-, 99, 99",
        "bytes=10-20, 10, 20",
        "bytes=10-1000, 10, 99",
        "bytes=0-9223372036854775807, 0, 99",
        "bytes=0-99999999999999999999999999, 0, 99",
        "bytes=-1, 99, 99",
        "bytes=-100, 0, 99",
        "bytes=-99999999999999999999999999, 0, 99",
        "BYTES=1-2, 1, 2",
        "'bytes= 1-2 ', 1, 2"
    })
    void oneRangeIsAPart(String header, long first, long last) {
        assertThat(ByteRange.of(header, 100)).isEqualTo(new ByteRange.Part(first, last));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes=",
                "bytes=-",
                "bytes=2-1",
                "bytes=a-b",
                "bytes=1-2,x",
                "bytes=1-2,",
                "bytes=0-60,50-99",
                "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16",
                "bytes=--1",
                "bytes=1-2-3",
                "lines=1-2",
                "bytes=0x1-2",
                "bytes=+1-2",
                "bytes=١-٢"
            })
    void whatIsNotUnderstoodMeansAll(String header) {
        assertThat(ByteRange.of(header, 100)).isEqualTo(ByteRange.Whole.WHOLE);
    }

    @Test
    void noHeaderMeansAll() {
        assertThat(ByteRange.of(null, 100)).isEqualTo(ByteRange.Whole.WHOLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=100-", "bytes=100-200", "bytes=99999999999999999999-", "bytes=-0"})
    void bytesBehindTheEndAreBeyond(String header) {
        assertThat(ByteRange.of(header, 100)).isEqualTo(ByteRange.Beyond.BEYOND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=0-", "bytes=0-0", "bytes=-1"})
    void nothingHasNoParts(String header) {
        assertThat(ByteRange.of(header, 0)).isEqualTo(ByteRange.Beyond.BEYOND);
    }

    @Test
    void severalRangesAreSeveralPartsInTheirOrder() {
        assertThat(ByteRange.of("bytes=50-59, 0-1,-1", 100))
                .isEqualTo(new ByteRange.Several(
                        List.of(new ByteRange.Part(50, 59), new ByteRange.Part(0, 1), new ByteRange.Part(99, 99))));
    }

    @Test
    void ofSeveralRangesThoseBehindTheEndAreLeftOut() {
        assertThat(ByteRange.of("bytes=1-2,100-", 100)).isEqualTo(new ByteRange.Part(1, 2));
        assertThat(ByteRange.of("bytes=100-,200-", 100)).isEqualTo(ByteRange.Beyond.BEYOND);
    }
}
