package io.varve.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.bus.Slabs;
import io.varve.failure.Category;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final Metrics metrics = new Metrics();

    @Test
    void jobsAreCountedByWhatCameOfThem() {
        metrics.jobs().ended("pull", null, Duration.ofMillis(5), Duration.ofSeconds(1));
        metrics.jobs().ended("pull", null, Duration.ofMillis(5), Duration.ofSeconds(2));
        metrics.jobs().ended("pull", Category.NOT_FOUND, Duration.ZERO, Duration.ZERO);

        assertThat(metrics.scrape())
                .contains("varve_jobs_ended_total{kind=\"pull\",outcome=\"done\"} 2.0")
                .contains("varve_jobs_ended_total{kind=\"pull\",outcome=\"NotFound\"} 1.0")
                .contains("varve_jobs_took_seconds_sum{kind=\"pull\"} 3.0");
    }

    @Test
    void memoryAndCollectorAreMeasured() {
        assertThat(metrics.scrape()).contains("jvm_memory_used_bytes{", "process_files_open_files", "netty_allocator");
    }

    @Test
    void memoryOfSlabsIsMeasuredAfterACollectionToo() {
        Slabs.allocate().release();
        System.gc();

        assertThat(metrics.scrape())
                .containsPattern(
                        "netty_allocator_memory_used\\{allocator_type=\"SlabPool\",.*memory_type=\"direct\"} [1-9]");
    }
}
