package io.varve.cli;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * The logging of the command: what deserves attention, one line each, on stderr. It is there because a full logging
 * framework takes longer to read its configuration than most commands take to run.
 */
public final class StderrLogging implements SLF4JServiceProvider {
    private static final String SLF4J = "2.0.99";

    /** What a line looks like, and whether it tells what goes on besides what deserves attention. */
    enum Form {
        /** For people who gave a command. */
        COMMAND,
        /** For people who look after a service. */
        SERVICE,
        /** For programs that do: each line one object. */
        SERVICE_JSON
    }

    private static volatile Form form = Form.COMMAND;

    private final ILoggerFactory loggers = StderrLogger::new;
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter context = new NOPMDCAdapter();

    /** For SLF4J. */
    public StderrLogging() {}

    /** Makes this the logging of the process unless its user named another; to be called before anybody logs. */
    public static void choose() {
        if (System.getProperty("slf4j.provider") == null) {
            System.setProperty("slf4j.provider", StderrLogging.class.getName());
            // Else it says that it does as it was told.
            System.setProperty("slf4j.internal.verbosity", "WARN");
        }
    }

    static Form form() {
        return form;
    }

    /** From now on. */
    static void use(Form wanted) {
        form = wanted;
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return loggers;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return context;
    }

    @Override
    public String getRequestedApiVersion() {
        return SLF4J;
    }

    @Override
    public void initialize() {}
}
