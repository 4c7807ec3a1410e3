package io.varve.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageConfigTest {
    private static final Digest A = Digest.sha256(new byte[] {1});
    private static final Digest B = Digest.sha256(new byte[] {2});
    private static final String ROOTFS = "'rootfs':{'type':'layers','diff_ids':['" + A + "','" + B + "']}";

    private static ImageConfig parse(String members) {
        String json = "{'os':'linux','architecture':'arm','variant':'v6'," + ROOTFS + members + "}";
        return ImageConfig.parse(json.replace('\'', '"').getBytes(UTF_8), Json.DEFAULT_LIMIT);
    }

    @Test
    void hasWhatItMust() {
        ImageConfig config = parse("");
        assertThat(config.platform()).hasToString("linux/arm/v6");
        assertThat(config.diffIds()).containsExactly(A, B);
        assertThat(config.created()).isNull();
        assertThat(config.author()).isEmpty();
        assertThat(config.history()).isEmpty();
        assertThat(config.execution().env()).isEmpty();
        assertThat(config.execution().cmd()).isNull();
    }

    @Test
    void hasItsExecutionParameters() {
        Execution execution = parse(",'config':{'User':'a:b','ExposedPorts':{'80/tcp':{}},'Env':['A=1','B='],"
                        + "'Entrypoint':['/x'],'Cmd':[],'Volumes':{'/v':{}},'WorkingDir':'/w','Labels':{'l':'m'},"
                        + "'StopSignal':'SIGINT','Shell':['/bin/ash'],'OnBuild':['RUN x'],'ArgsEscaped':true,"
                        + "'Healthcheck':{'Test':['CMD','x'],'Interval':1,'Timeout':2,'StartPeriod':3,'StartInterval':4,"
                        + "'Retries':5}}")
                .execution();
        assertThat(execution.user()).isEqualTo("a:b");
        assertThat(execution.exposedPorts()).containsExactly("80/tcp");
        assertThat(execution.env()).containsExactly("A=1", "B=");
        assertThat(execution.entrypoint()).containsExactly("/x");
        assertThat(execution.cmd()).isEmpty();
        assertThat(execution.volumes()).containsExactly("/v");
        assertThat(execution.workingDir()).isEqualTo("/w");
        assertThat(execution.labels()).containsEntry("l", "m");
        assertThat(execution.stopSignal()).isEqualTo("SIGINT");
        assertThat(execution.shell()).containsExactly("/bin/ash");
        assertThat(execution.onBuild()).containsExactly("RUN x");
        assertThat(execution.argsEscaped()).isTrue();
        assertThat(execution.healthcheck()).isEqualTo(new Execution.Healthcheck(List.of("CMD", "x"), 1, 2, 3, 4, 5));
    }

    @Test
    void takesDockersNullsForAbsent() {
        Execution execution = parse(",'created':null,'config':{'User':null,'ExposedPorts':null,'Env':null,"
                        + "'Entrypoint':null,'Cmd':null,'Volumes':null,'Labels':null,'OnBuild':null,'Healthcheck':{},"
                        + "'ArgsEscaped':null}")
                .execution();
        assertThat(execution.user()).isEmpty();
        assertThat(execution.entrypoint()).isNull();
        assertThat(execution.volumes()).isEmpty();
        assertThat(execution.healthcheck()).isEqualTo(new Execution.Healthcheck(List.of(), 0, 0, 0, 0, 0));
    }

    @Test
    void tellsItsHistory() {
        ImageConfig config = parse(
                ",'created':'2015-10-31T22:22:56.015925234+01:00','author':'me','history':["
                        + "{'created':'1970-01-01T00:00:00Z','created_by':'sh','author':'me','comment':'c'},{'empty_layer':true}]");
        assertThat(config.created()).isEqualTo(Instant.parse("2015-10-31T21:22:56.015925234Z"));
        assertThat(config.author()).isEqualTo("me");
        assertThat(config.history())
                .containsExactly(
                        new ImageConfig.History(Instant.EPOCH, "sh", "me", "c", false),
                        new ImageConfig.History(null, "", "", "", true));
    }

    @Test
    void keepsTheBytesAndWhatItDoesNotKnow() {
        ImageConfig config = parse(",'container_config':{'Tty':false},'moby.buildkit.buildinfo.v1':'e30='");
        assertThat(Json.write(config.toJson())).isEqualTo(config.bytes());
        assertThat(config.toJson().path("container_config").path("Tty").isBoolean())
                .isTrue();
    }

    @Test
    void readsWhatItWrites() {
        Platform platform = new Platform("windows", "arm", "v8", "10.0", List.of("win32k"));
        ImageConfig config = ImageConfig.of(platform, List.of(B, A));
        ImageConfig read = ImageConfig.parse(config.bytes(), Json.DEFAULT_LIMIT);
        assertThat(read.platform()).isEqualTo(platform);
        assertThat(read.diffIds()).containsExactly(B, A);
        assertThat(read.toJson()).isEqualTo(config.toJson());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'os':1 | os: got 1, wanted a string",
                "'architecture':null | architecture: got null, wanted a string",
                "'created':'yesterday' | created: got \"yesterday\", wanted a date and time as in RFC 3339",
                "'config':[] | config: got an array, wanted an object",
                "'config':{'Env':['foo']} | config.Env[0]: got \"foo\", wanted NAME=value",
                "'config':{'Cmd':'x'} | config.Cmd: got \"x\", wanted an array",
                "'config':{'Volumes':['/x']} | config.Volumes: got an array, wanted an object",
                "'config':{'ArgsEscaped':'yes'} | config.ArgsEscaped: got \"yes\", wanted true or false",
                "'config':{'Healthcheck':1} | config.Healthcheck: got 1, wanted an object",
                "'config':{'Healthcheck':{'Retries':'x'}} | config.Healthcheck.Retries: got \"x\", wanted a whole number of at most 64 bits",
                "'history':[1] | history[0]: got 1, wanted an object",
                "'rootfs':null | rootfs.type: got nothing, wanted a string",
                "'rootfs':{'type':'x'} | rootfs.type: got \"x\", wanted \"layers\"",
                "'rootfs':{'type':'layers'} | rootfs.diff_ids: got nothing, wanted an array",
            })
    void namesTheFieldAndWhatWasWrong(String member, String wrong) {
        var tree = parse("").toJson();
        tree.setAll(Json.read(("{" + member.replace('\'', '"') + "}").getBytes(UTF_8), 10_000));
        assertThatThrownBy(() -> ImageConfig.parse(Json.write(tree), Json.DEFAULT_LIMIT))
                .hasMessage("Invalid: " + wrong);
    }

    @Test
    void namesTheDiffId() {
        var tree = parse("").toJson();
        tree.withObject("/rootfs").putArray("diff_ids").add(A.toString()).add("md5:d41d8cd98f00b204e9800998ecf8427e");
        assertThatThrownBy(() -> ImageConfig.parse(Json.write(tree), Json.DEFAULT_LIMIT))
                .hasMessageStartingWith("Invalid: rootfs.diff_ids[1]: got \"md5:");
    }
}
