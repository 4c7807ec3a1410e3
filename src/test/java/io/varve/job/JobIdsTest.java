package io.varve.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobIdsTest {

    @Test
    void theirOrderIsThatOfTheirCreationWhateverTheClockSays() {
        JobIds ids = new JobIds();
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 70_000; i++) {
            made.add(ids.next(Instant.ofEpochMilli(1_000_000)));
        }
        made.add(ids.next(Instant.ofEpochMilli(999_000)));
        made.add(ids.next(Instant.ofEpochMilli(2_000_000)));

        assertThat(made).isSorted().doesNotHaveDuplicates().allMatch(JobIds::isOne);
    }

    @Test
    void anythingElseIsNone() {
        assertThat(List.of("", "x", "0'; DROP TABLE record", "../../etc/passwd"))
                .noneMatch(JobIds::isOne);
    }
}
