package io.varve;

import io.varve.catalogue.SqliteLibrary;
import io.varve.cli.GlobalOptions;
import io.varve.cli.Rehearsal;
import io.varve.cli.StderrLogging;
import io.varve.cli.UseCases;
import io.varve.cli.VarveCommand;
import io.varve.os.Exit;
import io.varve.os.Signals;
import io.varve.os.StandardError;
import io.varve.verify.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** The composition root: settings become the things that the command calls. */
public final class Main {
    /** How long an interrupted command may take to take back what it has half done. */
    private static final long CLEANUP_MILLIS = 20_000;

    /** Whoever sends one signal to a whole group, and another to its leader, means one; whoever sends another after that means it. */
    private static final long SAME_SIGNAL_MILLIS = 200;

    private Main() {}

    public static void main(String[] arguments) {
        String stderr = System.getProperty("varve.stderr");
        if (stderr != null) {
            StandardError.restore(Integer.parseInt(stderr));
        }
        StderrLogging.choose();
        Thread command = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> interrupt(command), "interrupt"));
        // For the help text, which is read before any settings are.
        System.setProperty(
                "varve.defaultStore", Settings.defaultStore(System.getenv()).toString());
        String rehearsal = System.getProperty("varve.rehearsal");
        if (rehearsal != null) {
            // What was learned is written by the JVM as it ends.
            Runtime.getRuntime().halt(rehearse(Path.of(rehearsal)));
        }
        AtomicBoolean looping = new AtomicBoolean();
        int code = VarveCommand.run(arguments, options -> compose(options, () -> looping.set(true)));
        if (looping.get()) {
            Exit.now(code);
        }
        // Halting skips the hook, which would wait for this very thread.
        Runtime.getRuntime().halt(code);
    }

    /** The first signal asks the command to end; the next one ends it. What was committed is there either way. */
    private static void interrupt(Thread command) {
        command.interrupt();
        try {
            if (!command.join(Duration.ofMillis(SAME_SIGNAL_MILLIS))) {
                Signals.endAtOnce();
                command.join(CLEANUP_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Prepares in a directory what lets commands start faster; the launcher knows what to do with it. */
    private static int rehearse(Path directory) {
        try {
            Rehearsal rehearsal = new Rehearsal(directory.resolve("rehearsal"), options -> compose(options, () -> {}));
            if (Boolean.getBoolean("varve.rehearsal.lookups")) {
                rehearsal.lookUp(Boolean.getBoolean("varve.rehearsal.mounts"));
            } else {
                SqliteLibrary.writeTo(directory);
                rehearsal.run();
            }
            return 0;
        } catch (IOException e) {
            return 1;
        }
    }

    /** @param looping called when the process is about to have event loops */
    private static UseCases compose(GlobalOptions options, Runnable looping) {
        Settings settings = Settings.load(options.config(), System.getenv());
        Shared process = new Shared(settings, System.getenv(), looping);
        return compose(settings, process, options.store() == null ? settings.store() : options.store());
    }

    private static UseCases compose(Settings settings, Shared process, Path directory) {
        Composition made = Composition.of(settings, directory, process.stages(), process.registry());
        return new UseCases(
                made.store(),
                made.images(),
                made.naming(),
                made.pulls(),
                made.builds(),
                made.pushes(),
                made.exports(),
                made.imports(),
                made.views(),
                made.rootfs(),
                made.bundles(),
                made.collector(),
                made.reasons(),
                new Verifier(made.store(), made.layers(), settings.workers()),
                process.service(directory),
                process.credentials(),
                process.logins(),
                process.api(made.store(), made::services),
                settings.http(),
                settings.drain(),
                settings.jsonLog(),
                settings.workers(),
                other -> compose(settings, process, other));
    }
}
