package io.varve.cli;

import io.varve.failure.Failure;
import io.varve.layerfs.Filesystem;
import io.varve.layerfs.Tree;
import io.varve.pipeline.Image;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "cat",
        description = {
            "Write a file of an image to stdout, straight from its layer.",
            "",
            "Example: varve cat oci:./layout:latest /etc/os-release"
        })
final class CatCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand image = new ImageOperand();

    @Parameters(index = "1", paramLabel = "PATH", description = "A file; symlinks are followed inside the image.")
    String path = "";

    @Override
    public void run(UseCases useCases) throws IOException {
        Image opened = image.open(useCases, varve.options.quiet);
        opened.look(files -> copy(opened, files));
    }

    private void copy(Image opened, Filesystem files) {
        String doing = "reading " + path;
        int inode = files.resolve(Names.parse(path));
        if (inode == Tree.NONE) {
            throw Failure.notFound("the image has no such path").during(doing);
        }
        // Standard output as a channel: the kernel moves the bytes where both ends allow it.
        FileChannel out = new FileOutputStream(FileDescriptor.out).getChannel();
        try {
            files.copy(inode, opened.layers(), out);
        } catch (IOException | Failure e) {
            throw Failure.from(e).during(doing);
        }
    }
}
