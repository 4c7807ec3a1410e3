package io.varve.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {
    @ParameterizedTest
    @CsvSource({
        "linux/amd64, linux/amd64",
        "Linux/X86_64, linux/amd64",
        "linux/amd64/v1, linux/amd64",
        "linux/amd64/3, linux/amd64/v3",
        "linux/aarch64, linux/arm64",
        "linux/arm64/v8, linux/arm64",
        "linux/arm64/8, linux/arm64",
        "linux/arm64/v9.2, linux/arm64/v9.2",
        "linux/arm, linux/arm/v7",
        "linux/armhf, linux/arm/v7",
        "linux/armel, linux/arm/v6",
        "linux/arm/5, linux/arm/v5",
        "linux/i686, linux/386",
        "macos/arm64, darwin/arm64",
        "linux/ppc64le/power9, linux/ppc64le/power9",
    })
    void normalizesNames(String text, String normalized) {
        assertThat(Platform.parse(text)).hasToString(normalized).isEqualTo(Platform.parse(normalized));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/arm/", "linux/am d64"})
    void refusesWhatIsNoPlatform(String text) {
        assertThatThrownBy(() -> Platform.parse(text))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("wanted OS/ARCHITECTURE[/VARIANT]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "linux/amd64 | linux/amd64",
                "linux/amd64/v3 | linux/amd64/v3 linux/amd64/v2 linux/amd64",
                "linux/arm | linux/arm/v7 linux/arm/v6 linux/arm/v5",
                "linux/arm/v6 | linux/arm/v6 linux/arm/v5",
                "linux/arm/v8 | linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5",
                "linux/arm64 | linux/arm64",
                "linux/arm64/v9.1 | linux/arm64/v9.1 linux/arm64/v9 linux/arm64",
                "linux/riscv64 | linux/riscv64",
                "linux/riscv64/rva23u64 | linux/riscv64/rva23u64 linux/riscv64",
                "windows/amd64 | ",
            })
    void prefersTheNewestVariantThatRuns(String wanted, String order) {
        List<String> all = List.of(
                "linux/amd64",
                "linux/amd64/v2",
                "linux/amd64/v3",
                "linux/amd64/v4",
                "linux/arm/v5",
                "linux/arm/v6",
                "linux/arm/v7",
                "linux/arm/v8",
                "linux/arm64",
                "linux/arm64/v8.2",
                "linux/arm64/v9",
                "linux/arm64/v9.1",
                "linux/arm64/v9.2",
                "linux/386",
                "linux/riscv64",
                "linux/riscv64/rva23u64",
                "unknown/unknown");
        Platform asked = Platform.parse(wanted);
        Stream<String> chosen = all.stream()
                .map(Platform::parse)
                .filter(offered -> asked.distanceTo(offered).isPresent())
                .sorted(Comparator.comparingInt(
                        offered -> asked.distanceTo(offered).getAsInt()))
                .map(Platform::toString);
        assertThat(String.join(" ", chosen.toList())).isEqualTo(order == null ? "" : order);
    }

    @Test
    void wantsTheSameOsVersionOnlyWhereOneIsNamed() {
        Platform any = new Platform("windows", "amd64", null);
        Platform old = new Platform("windows", "amd64", null, "10.0.17763.1", List.of());
        Platform recent = new Platform("windows", "amd64", null, "10.0.20348.2", List.of());
        assertThat(any.distanceTo(old)).hasValue(0);
        assertThat(old.distanceTo(old)).hasValue(0);
        assertThat(old.distanceTo(recent)).isEmpty();
        assertThat(old.distanceTo(any)).isEmpty();
    }

    @Test
    void cannotRunWhatNeedsMoreOsFeatures() {
        Platform plain = new Platform("windows", "amd64", null);
        Platform needy = new Platform("windows", "amd64", null, null, List.of("win32k"));
        assertThat(plain.distanceTo(needy)).isEmpty();
        assertThat(needy.distanceTo(plain)).hasValue(0);
    }

    @Test
    void knowsThisMachine() {
        assertThat(Platform.ofThisMachine().os()).isEqualTo("linux");
        assertThat(Platform.ofThisMachine().architecture()).isNotIn("x86_64", "aarch64");
    }
}
