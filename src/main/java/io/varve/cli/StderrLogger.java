package io.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/** Writes warnings and errors to stderr, a line for each; of a service what it does as well. */
final class StderrLogger extends LegacyAbstractLogger implements LoggingEventAware {
    private static final long serialVersionUID = 1L;

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+");

    /**
     * What these warn of belongs to every day: a message was on its way to one who had ended, whose sender is told and takes back
     * what was in it; somebody connected to a server as it closed, and finds the connection closed; and Vert.x registers a gauge
     * of its own twice.
     */
    private static final Set<String> ONLY_ERRORS = Set.of(
            "io.vertx.core.eventbus.impl.MessageConsumerImpl",
            "io.netty.bootstrap.ServerBootstrap",
            "io.micrometer.prometheusmetrics.PrometheusMeterRegistry",
            "io.micrometer.core.instrument.MeterRegistry");

    private final String shortName;
    private final boolean warns;
    private final boolean ours;

    StderrLogger(String name) {
        this.name = name;
        shortName = name.substring(name.lastIndexOf('.') + 1);
        warns = !ONLY_ERRORS.contains(name);
        ours = name.startsWith("io.varve.");
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level,
            @Nullable Marker marker,
            String message,
            Object @Nullable [] arguments,
            @Nullable Throwable thrown) {
        write(level, MessageFormatter.basicArrayFormat(message, arguments), List.of(), thrown);
    }

    @Override
    public void log(LoggingEvent event) {
        write(
                event.getLevel(),
                MessageFormatter.basicArrayFormat(event.getMessage(), event.getArgumentArray()),
                event.getKeyValuePairs() == null ? List.of() : event.getKeyValuePairs(),
                event.getThrowable());
    }

    private void write(Level level, String message, List<KeyValuePair> pairs, @Nullable Throwable thrown) {
        OffsetDateTime now = OffsetDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.MILLIS);
        switch (StderrLogging.form()) {
            case COMMAND, SERVICE -> {
                StringBuilder line = new StringBuilder()
                        .append(now)
                        .append(String.format(Locale.ROOT, " %-5s ", level))
                        .append(shortName)
                        .append(": ");
                pairs.forEach(pair ->
                        line.append(pair.key).append(' ').append(pair.value).append(": "));
                line.append(message);
                if (thrown != null) {
                    line.append(" | ").append(thrown);
                }
                // Names out of images come by here: none may move the cursor or make a line of its own.
                System.err.println(UNPRINTABLE.matcher(line).replaceAll(" | "));
            }
            case SERVICE_JSON -> {
                ObjectNode line = Json.object()
                        .put("time", now.toString())
                        .put("level", level.toString())
                        .put("logger", name)
                        .put("thread", Thread.currentThread().getName());
                pairs.forEach(pair -> line.put(pair.key, String.valueOf(pair.value)));
                line.put("message", message);
                if (thrown != null) {
                    line.put("error", thrown.toString());
                }
                System.err.println(Json.text(line));
            }
        }
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    public boolean isTraceEnabled() {
        return false;
    }

    @Override
    public boolean isDebugEnabled() {
        return false;
    }

    @Override
    public boolean isInfoEnabled() {
        return ours && StderrLogging.form() != StderrLogging.Form.COMMAND;
    }

    @Override
    public boolean isWarnEnabled() {
        return warns;
    }

    @Override
    public boolean isErrorEnabled() {
        return true;
    }
}
