package io.varve.cli;

import io.varve.erofs.Indexes;
import io.varve.pipeline.Images;
import io.varve.view.Views;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * What the commands call. Made by the composition root once the global options are known.
 *
 * @param openStore the same for another store, with the same settings
 */
public record UseCases(Images images, Indexes indexes, Views views, int workers, Function<Path, UseCases> openStore) {}
