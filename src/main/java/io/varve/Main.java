package io.varve;

import io.varve.cli.GlobalOptions;
import io.varve.cli.UseCases;
import io.varve.cli.VarveCommand;
import io.varve.erofs.Indexes;
import io.varve.layerfs.LayerFs;
import io.varve.pipeline.Images;
import io.varve.pipeline.Pull;
import io.varve.view.Views;
import java.nio.file.Path;

/** The composition root: settings become the things that the command calls. */
public final class Main {
    /** How long an interrupted command may take to take back what it has half done. */
    private static final long CLEANUP_MILLIS = 20_000;

    private Main() {}

    public static void main(String[] arguments) {
        Thread command = Thread.currentThread();
        Thread interrupt = new Thread(
                () -> {
                    command.interrupt();
                    try {
                        command.join(CLEANUP_MILLIS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "interrupt");
        Runtime.getRuntime().addShutdownHook(interrupt);
        // For the help text, which is read before any settings are.
        System.setProperty(
                "varve.defaultStore", Settings.defaultStore(System.getenv()).toString());
        int code = VarveCommand.run(arguments, Main::compose);
        // Halting skips the hook, which would wait for this very thread.
        Runtime.getRuntime().halt(code);
    }

    private static UseCases compose(GlobalOptions options) {
        Settings settings = Settings.load(options.config(), System.getenv());
        return compose(settings, options.store() == null ? settings.store() : options.store());
    }

    private static UseCases compose(Settings settings, Path store) {
        Limits limits = settings.limits();
        LayerFs layers = new LayerFs(store, limits.tar(), limits.layers());
        Pull pull = new Pull(layers, limits.decode(), settings.workers());
        Indexes indexes = new Indexes(store, limits.erofs());
        return new UseCases(
                new Images(layers, indexes, pull, limits.plan()),
                indexes,
                new Views(store.resolve("views")),
                settings.workers(),
                other -> compose(settings, other));
    }
}
