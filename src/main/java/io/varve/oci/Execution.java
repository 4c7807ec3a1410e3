package io.varve.oci;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a container of an image is to be run unless its user says otherwise: the member {@code config} of the image
 * configuration (image-spec, config.md#properties) with Docker's additions.
 *
 * @param user {@code user[:group]}, names or numbers; empty when the image does not say
 * @param exposedPorts {@code port[/protocol]}
 * @param env {@code NAME=value}
 * @param entrypoint null when the image does not say, which is not the same as empty; {@code cmd} and {@code shell}
 *     likewise
 * @param workingDir empty when the image does not say
 * @param stopSignal a name or a number; empty when the image does not say
 * @param onBuild instructions for builds on top of this image
 * @param argsEscaped Windows only: the command is one line, quoted already
 */
public record Execution(
        String user,
        Set<String> exposedPorts,
        List<String> env,
        @Nullable List<String> entrypoint,
        @Nullable List<String> cmd,
        Set<String> volumes,
        String workingDir,
        Map<String, String> labels,
        String stopSignal,
        @Nullable Healthcheck healthcheck,
        @Nullable List<String> shell,
        List<String> onBuild,
        boolean argsEscaped) {

    /**
     * How to find out whether a container is well (Docker only). Times are in nanoseconds, 0 for the default.
     *
     * @param test empty to inherit, {@code NONE}, or {@code CMD} or {@code CMD-SHELL} and arguments
     * @param retries 0 for the default
     */
    public record Healthcheck(
            List<String> test, long interval, long timeout, long startPeriod, long startInterval, long retries) {

        static Healthcheck of(Field field) {
            field.object();
            return new Healthcheck(
                    field.member("Test").each(Field::text),
                    number(field.member("Interval")),
                    number(field.member("Timeout")),
                    number(field.member("StartPeriod")),
                    number(field.member("StartInterval")),
                    number(field.member("Retries")));
        }

        private static long number(Field field) {
            return field.absent() ? 0 : field.integer();
        }
    }

    /** What this field, absent or an object, says. */
    static Execution of(Field field) {
        if (!field.absent()) {
            field.object();
        }
        return new Execution(
                field.member("User").textOrEmpty(),
                field.member("ExposedPorts").names(),
                field.member("Env").each(Execution::variable),
                field.member("Entrypoint").optional(Execution::texts),
                field.member("Cmd").optional(Execution::texts),
                field.member("Volumes").names(),
                field.member("WorkingDir").textOrEmpty(),
                field.member("Labels").texts(),
                field.member("StopSignal").textOrEmpty(),
                field.member("Healthcheck").optional(Healthcheck::of),
                field.member("Shell").optional(Execution::texts),
                field.member("OnBuild").each(Field::text),
                field.member("ArgsEscaped").flag());
    }

    private static List<String> texts(Field field) {
        return field.each(Field::text);
    }

    private static String variable(Field field) {
        if (field.text().indexOf('=') < 0) {
            throw field.wanted("NAME=value");
        }
        return field.text();
    }
}
